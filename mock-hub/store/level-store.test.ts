import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StoreError, type StoredDocument } from '../core/contract/store/state-store.ts'
import { dataDirectory, type DataDirectory } from './data-directory.ts'
import { HEAD, LevelStore, openDatabase, summed } from './level-store.ts'
import { checkData } from './tools/check.ts'
import { salvageData } from './tools/salvage.ts'
import { exportData, importData } from './tools/transfer.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mock-iot-hub-test-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const said: string[] = []
const say = (line: string): number => said.push(line)
const storeAt = (directory: DataDirectory, durability: 'disk' | 'process' = 'disk'): LevelStore =>
  new LevelStore({ directory, durability, say })
const document = (key: string, value: string | undefined): StoredDocument => ({
  kind: 'twin',
  key,
  value: value === undefined ? undefined : Buffer.from(value),
})

/** Groups 1 to `count`: each writes its number, changes a common document and deletes the one of three groups ago. */
async function filled(name: string, count: number, durability?: 'disk' | 'process'): Promise<DataDirectory> {
  const directory = dataDirectory(join(root, name))
  const store = storeAt(directory, durability)
  await store.open(() => undefined)
  for (let number = 1; number <= count; number++)
    await store.commit({
      number,
      now: number,
      documents: [
        document(`n${String(number)}`, `value ${String(number)}`.repeat(20)),
        document('common', String(number)),
        document(`n${String(number - 3)}`, undefined),
      ],
    })
  await store.close()
  return directory
}

interface Found {
  readonly number: number
  readonly documents: ReadonlyMap<string, string>
}

async function open(directory: DataDirectory): Promise<Found> {
  const documents = new Map<string, string>()
  const store = storeAt(directory)
  try {
    const { number } = await store.open(({ key, value }) => documents.set(key, String(value)))
    return { number, documents }
  } finally {
    await store.close()
  }
}

/** The state after this many groups, and no other. */
function expectPrefix({ number, documents }: Found): void {
  const expected = new Map<string, string>()
  for (let at = Math.max(1, number - 2); at <= number; at++)
    expected.set(`n${String(at)}`, `value ${String(at)}`.repeat(20))
  if (number > 0) expected.set('common', String(number))
  expect(new Map([...documents].sort())).toEqual(new Map([...expected].sort()))
}

/** @returns the problem that opening names; undefined: it opens. */
async function problemOf(directory: DataDirectory): Promise<string | undefined> {
  try {
    expectPrefix(await open(directory))
    return undefined
  } catch (error) {
    if (error instanceof StoreError) return error.problem
    throw error
  }
}

const files = ({ path }: DataDirectory): readonly string[] =>
  readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((file) => statSync(file).isFile())

test('what was stored is there, and nothing else', async () => {
  const directory = await filled('d', 7)
  const found = await open(directory)
  expect(found.number).toBe(7)
  expectPrefix(found)
  expect(await checkData(directory, say)).toEqual({ group: 7, now: 7, documents: { twin: 4 } })
})

test('a second store on the directory is refused with a sentence', async () => {
  const directory = await filled('d', 1)
  const first = storeAt(directory)
  await first.open(() => undefined)
  await expect(open(directory)).rejects.toThrow(/StoreLocked: .* is used by another hub: stop that one/)
  await first.close()
  expect(await problemOf(directory)).toBeUndefined()
})

test('a store of a later format is refused', async () => {
  const directory = await filled('d', 1)
  const database = openDatabase(directory.state, false)
  await database.open()
  await database.put(HEAD, summed(HEAD, Buffer.from(JSON.stringify({ format: 2 }))))
  await database.close()
  await expect(open(directory)).rejects.toThrow(/StoreFromTheFuture: .* has format 2, this version knows 1/)
})

test('a document that LevelDB loses without a word is missed', async () => {
  for (const [name, act] of [
    ['gone', (database: ReturnType<typeof openDatabase>) => database.del('twin/n6')],
    [
      'more',
      (database: ReturnType<typeof openDatabase>) =>
        database.put('twin/x', summed('twin/x', Buffer.from('1'))),
    ],
    [
      'old',
      (database: ReturnType<typeof openDatabase>) =>
        database.put('twin/common', summed('twin/common', Buffer.from('6'))),
    ],
  ] as const) {
    const directory = await filled(name, 7)
    const database = openDatabase(directory.state, false)
    await database.open()
    await act(database)
    await database.close()
    await expect(open(directory)).rejects.toThrow(/StoreDamaged: .*mock-iot-hub data check/)
  }
})

test('cut at every byte of the last groups: a clean prefix of what was not acknowledged, or a refusal', async () => {
  const directory = await filled('d', 6)
  const log = files(directory).find((file) => /\d+\.log$/.test(file)) ?? ''
  const size = statSync(log).size
  const outcomes = new Map<string, number>()
  for (let cut = size - 120; cut < size; cut++) {
    const copy = dataDirectory(join(root, 'copy'))
    cpSync(directory.path, copy.path, { recursive: true })
    truncateSync(log.replace(directory.path, copy.path), cut)
    const outcome = (await problemOf(copy)) ?? 'prefix'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    // All six groups were acknowledged: to begin without one of them would be silence.
    expect(outcome).toBe('StoreDamaged')
    // As far as a power cut can take it: the note is older than the groups.
    rmSync(copy.note)
    expect(await problemOf(copy)).toBeUndefined()
    rmSync(copy.path, { recursive: true })
  }
})

test('with durability process a lost end is said and the rest is there', async () => {
  const directory = await filled('d', 6, 'process')
  const log = files(directory).find((file) => /\d+\.log$/.test(file)) ?? ''
  truncateSync(log, statSync(log).size - 10)
  said.length = 0
  const found = await open(directory)
  expect(found.number).toBe(5)
  expectPrefix(found)
  expect(said.join()).toMatch(/group.* 6 to 6 were acknowledged and are gone/)
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
    for (let at = 0; at < bytes.length; at += bytes.length > 400 ? 13 : 3) {
      const copy = dataDirectory(join(root, 'copy'))
      cpSync(directory.path, copy.path, { recursive: true })
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(file.replace(directory.path, copy.path), flipped)
      const store = storeAt(copy)
      const documents = new Map<string, string>()
      let outcome = 'whole'
      try {
        const { number } = await store.open(({ key, value }) => documents.set(key, String(value)))
        expect(number).toBe(6)
        expectPrefix({ number, documents })
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        outcome = error.problem === 'StoreDamaged' ? error.problem : error.message
      } finally {
        await store.close()
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      rmSync(copy.path, { recursive: true })
    }
  }
  expect([...outcomes.keys()].filter((outcome) => !['whole', 'StoreDamaged'].includes(outcome))).toEqual([])
  expect(outcomes.get('StoreDamaged')).toBeGreaterThan(30)
})

test('what can be read of a damaged directory is saved', async () => {
  const directory = await filled('d', 6)
  const log = files(directory).find((file) => /\d+\.log$/.test(file)) ?? ''
  truncateSync(log, statSync(log).size - 10)
  expect(await problemOf(directory)).toBe('StoreDamaged')
  const into = dataDirectory(join(root, 'saved'))
  const report = await salvageData(directory, into.path, say)
  expect(report).toMatchObject({ expected: 4, dropped: [], documents: { twin: 4 } })
  const { number, documents } = await open(into)
  // Numbers of lost groups are not given again.
  expect(number).toBeGreaterThan(6)
  expect(documents.get('common')).toBe('5')
  await expect(salvageData(directory, into.path, say)).rejects.toThrow(/is not empty: name a new directory/)
})

test('an export makes the same directory again', async () => {
  const directory = await filled('d', 6)
  const lines: string[] = []
  await exportData(
    directory,
    (line) => {
      lines.push(line)
      return Promise.resolve()
    },
    say,
  )
  const into = dataDirectory(join(root, 'new'))
  const given = async function* (all: readonly string[]): AsyncIterable<string> {
    for (const line of all) yield await Promise.resolve(line)
  }
  await importData(given(lines), into.path, say)
  expect((await open(into)).documents).toEqual((await open(directory)).documents)
  const bad = (all: readonly string[]) => importData(given(all), join(root, `bad ${String(all.length)}`), say)
  await expect(bad([])).rejects.toThrow('import: expected line 1 to have a JSON object; given: ""')
  await expect(bad(lines.slice(0, 2))).rejects.toThrow(
    'import: expected 4 documents, as line 1 says; given: 1',
  )
  await expect(bad([lines[0] ?? '', '{"kind":"x"}', ''])).rejects.toThrow(
    'import: expected line 2 to have "kind" to be a kind of this version; given: "x"',
  )
})
