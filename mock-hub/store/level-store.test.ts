import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { expect, onTestFinished, test, vi } from 'vitest'
import { StoreError } from '../core/contract/store/state-store.ts'
import { summed } from './document-names.ts'
import { HEAD, openDatabase, type Database } from './level-database.ts'
import { document, expectPrefix, files, groupOf, useDataDirectories } from './testing/data-directories.ts'
import { checkData } from './tools/check.ts'
import { salvageData } from './tools/salvage.ts'

const directories = useDataDirectories()
const { said, say, at, storeAt, copyOf, filled, killed, open, outcomeOf } = directories

/** Changes what LevelDB has. */
async function changed(path: string, act: (database: Database) => Promise<void>): Promise<void> {
  const database = openDatabase(path, false)
  await database.open()
  await act(database)
  await database.close()
}

test('what was stored is there, and nothing else', async () => {
  const directory = await filled('d', 7)
  const found = await open(directory)
  expect(found.number).toBe(7)
  expectPrefix(found)
  expect(await checkData(directory, say)).toEqual({ group: 7, now: 7, documents: { twin: 4 } })
})

test.each(['disk', 'process'] as const)(
  'a hub that was killed before its first group starts, with durability %s',
  async (durability) => {
    expect(await outcomeOf(await killed('d', 0, { durability }))).toBe(0)
  },
)

test('a second store on the directory is refused with a sentence, and not when the first is closed', async () => {
  const directory = await filled('d', 1)
  const first = storeAt(directory)
  await first.open(() => undefined)
  await expect(open(directory)).rejects.toThrow(/StoreLocked: .* is used by another hub: stop that one/)
  await first.close()
  expect(await outcomeOf(directory)).toBe(1)
})

test('a store of a later format is refused', async () => {
  const directory = await filled('d', 1)
  await changed(directory.state, (database) =>
    database.put(HEAD, summed(HEAD, Buffer.from(JSON.stringify({ format: 3 })))),
  )
  await expect(open(directory)).rejects.toThrow(/StoreFromTheFuture: .* has format 3, this version knows 2/)
})

test('a store of format 1, which had no journal, goes on, and is not left to a version without one', async () => {
  const directory = await filled('d', 4)
  const head = async (): Promise<{ format: number }> => {
    let found: Buffer | undefined
    await changed(directory.state, async (database) => {
      found = await database.get(HEAD)
    })
    return JSON.parse(String(found?.subarray(4))) as { format: number }
  }
  const old = Buffer.from(JSON.stringify({ ...(await head()), format: 1 }))
  await changed(directory.state, (database) => database.put(HEAD, summed(HEAD, old)))
  expect(await outcomeOf(directory)).toBe(4)
  expect(await head()).toMatchObject({ format: 2, number: 4 })
})

test.each([
  ['gone', (database: Database) => database.del('twin/n6')],
  ['more', (database: Database) => database.put('twin/x', summed('twin/x', Buffer.from('1')))],
  ['old', (database: Database) => database.put('twin/common', summed('twin/common', Buffer.from('6')))],
  ['bad', (database: Database) => database.put('twin/common', summed('twin/n6', Buffer.from('7')))],
  [
    'flipped',
    (database: Database) =>
      database.put(
        'twin/common',
        Buffer.concat([summed('twin/common', Buffer.from('7')).subarray(0, 4), Buffer.from('8')]),
      ),
  ],
])('a document that LevelDB changes without a word is missed: %s', async (name, act) => {
  const directory = await filled(name, 7)
  await changed(directory.state, act)
  await expect(open(directory)).rejects.toThrow(/StoreDamaged: .*mock-iot-hub data check/)
})

test('the database cut at every byte of its end: what was stored, or a refusal', async () => {
  const directory = await filled('d', 6)
  const log = files(directory).find((file) => /\d+\.log$/.test(file)) ?? ''
  const { size } = statSync(log)
  for (let cut = size - 120; cut < size; cut++) {
    const copy = copyOf(directory)
    truncateSync(log.replace(directory.path, copy.path), cut)
    expect(await outcomeOf(copy)).toBe('StoreDamaged')
  }
})

test('with durability process a lost database is said', async () => {
  const directory = await filled('d', 6, { durability: 'process' })
  const log = files(directory).find((file) => /\d+\.log$/.test(file)) ?? ''
  truncateSync(log, statSync(log).size - 10)
  const found = await open(directory)
  expectPrefix(found)
  expect(said.join()).toMatch(/group.* 1 to 6 were acknowledged and are gone/)
})

test.each([
  ['the log', 0],
  ['tables', 2],
])('a bit that is flipped anywhere, in %s: what was stored, or a refusal', async (_where, reopened) => {
  const directory = await filled('d', 6)
  // At each start LevelDB moves its log into a table, whose blocks it reads without a check.
  for (let time = 0; time < reopened; time++) await open(directory)
  const outcomes = new Map<string, number>()
  for (const file of files(directory)) {
    if (/LOCK$|LOG(\.old)?$/.test(file)) continue
    const bytes = readFileSync(file)
    // Every bit would take minutes; every byte takes one of its bits.
    for (let place = 0; place < bytes.length; place += bytes.length > 400 ? 13 : 3) {
      const copy = copyOf(directory)
      const flipped = Buffer.from(bytes)
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8))
      writeFileSync(file.replace(directory.path, copy.path), flipped)
      const outcome = await outcomeOf(copy).catch(String)
      outcomes.set(String(outcome), (outcomes.get(String(outcome)) ?? 0) + 1)
    }
  }
  expect([...outcomes.keys()].filter((outcome) => !['6', 'StoreDamaged'].includes(outcome))).toEqual([])
  expect(outcomes.get('StoreDamaged')).toBeGreaterThan(30)
})

test('the database takes over what the journal has, again and again', async () => {
  const directory = at('d')
  const store = storeAt(directory, { journalBytes: 2_000, durability: 'process' })
  await store.open(() => undefined)
  for (let number = 1; number <= 500; number++) {
    await store.commit(groupOf(number))
    if (number % 50 !== 0) continue
    // Whatever the database is doing, a process that is killed now leaves all of it.
    expect(await outcomeOf(copyOf(directory))).toBe(number)
  }
  const journals = files(directory).filter((file) => file.endsWith('.journal'))
  expect(journals.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(50_000)
  await store.close()
  expect(files(directory).filter((file) => file.endsWith('.journal'))).toEqual([])
  expect(await outcomeOf(directory)).toBe(500)
})

test('what can be read of a damaged directory is saved, groups of the journal as well', async () => {
  const directory = await killed('d', 6)
  const [journal = ''] = files(directory).filter((file) => file.endsWith('.journal'))
  const bytes = readFileSync(journal)
  bytes[bytes.indexOf('value 4value 4') + 3] = 0
  writeFileSync(journal, bytes)
  expect(await outcomeOf(directory)).toBe('StoreDamaged')
  const into = at('saved')
  const report = await salvageData(directory, into.path, say)
  expect(report).toMatchObject({ database: { had: 0, read: 0 }, dropped: [], groupsLost: 1 })
  const { number, documents } = await open(into)
  // Numbers of lost groups are not given again.
  expect(number).toBeGreaterThan(6)
  expect([...documents.keys()].sort()).toEqual(['common', 'n1', 'n5', 'n6'])
  expect(documents.get('common')).toBe('6')
  await expect(salvageData(directory, into.path, say)).rejects.toThrow(/is not empty: name a new directory/)
})

test('a damaged database is saved as far as it can be read', async () => {
  const directory = await filled('d', 6)
  await changed(directory.state, (database) => database.put('twin/n6', Buffer.from('12345')))
  rmSync(directory.note)
  const report = await salvageData(directory, at('saved').path, say)
  expect(report).toMatchObject({ database: { had: 4, read: 3 }, dropped: ['twin/n6'], groupsLost: 0 })
})

test('a damaged database is put together before it is opened', async () => {
  const directory = await filled('d', 6)
  // The constructor of a database calls it too, a turn later.
  const opened = vi.spyOn(ClassicLevel.prototype, 'open')
  const repair = ClassicLevel.repair.bind(ClassicLevel)
  const repaired = vi.spyOn(ClassicLevel, 'repair').mockImplementation(async (location) => {
    await repair(location)
    expect(opened.mock.contexts.map((database) => (database as ClassicLevel).location)).not.toContain(
      location,
    )
  })
  onTestFinished(() => {
    opened.mockRestore()
    repaired.mockRestore()
  })
  await salvageData(directory, at('saved').path, say)
  expect(repaired).toHaveBeenCalledOnce()
})

test('a store that is closed takes no group', async () => {
  const directory = await filled('d', 1)
  const store = storeAt(directory)
  expect(() => store.commit(groupOf(2))).toThrow(StoreError)
  expect(() => store.commit({ number: 2, now: 2, documents: [document('a', '1')] })).toThrow(
    `${join(directory.path)} is closed`,
  )
})
