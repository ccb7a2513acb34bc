/**
 * `npm run crash -- --damage`: a directory as a killed hub leaves it is cut at every byte of its newest groups, and a bit is
 * flipped in each of its bytes there, and in every seventh of all other files. A start must find what was stored, the state
 * after an earlier group and say so, or refuse with a name.
 */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreError, type Group } from '../../mock-hub/core/contract/store/state-store.ts'
import type { Durability } from '../../mock-hub/store/acknowledged.ts'
import { dataDirectory, type DataDirectory } from '../../mock-hub/store/data-directory.ts'
import { readGroupRecord } from '../../mock-hub/store/group-record.ts'
import { segmentsIn } from '../../mock-hub/store/journal-reader.ts'
import { LevelStore } from '../../mock-hub/store/level-store.ts'

const GROUPS = 60
/** The database has taken over what came before. */
const JOURNAL_BYTES = 8_192
const NEWEST = 3
const EVERY = 7
const DOCUMENTS = 20

type Outcome = 'whole' | 'earlier, and said' | 'refused' | 'SILENT'

/** @returns how many trials ended without a word. */
export async function damageTrials(durability: Durability, say: (line: string) => void): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'mock-iot-hub-damage-'))
  try {
    const base = dataDirectory(join(root, 'base'))
    await fill(base, durability, root)
    const journal = segmentsIn(base.journal).at(-1)?.path ?? ''
    const bytes = readFileSync(journal)
    const ends = endsOf(bytes)
    const [from = 0, end = 0] = [ends.at(-1 - NEWEST), ends.at(-1)]
    const places = Array.from({ length: end - from }, (_, index) => from + index)
    const cut = (at: number) => ({ file: journal, bytes: bytes.subarray(0, at) })
    let silent = 0
    const run = async (what: string, damages: Iterable<Damage>): Promise<void> => {
      const outcomes = new Map<Outcome, number>()
      let trials = 0
      for (const damage of damages) {
        const outcome = await outcomeOf(base, join(root, 'damaged'), damage)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        trials++
      }
      silent += outcomes.get('SILENT') ?? 0
      const counts = [...outcomes].map(([outcome, count]) => `${String(count)} ${outcome}`)
      say(`damage (${durability}): ${what}, ${String(trials)} times: ${counts.join(', ')}`)
    }
    await run(`cut at every byte of the newest ${String(NEWEST)} groups`, places.map(cut))
    await run(
      'the same, and nothing says which group was acknowledged',
      places.map((at) => ({ ...cut(at), without: base.note })),
    )
    await run(
      'a bit flipped in each of their bytes',
      places.map((at) => ({ file: journal, bytes: flipped(bytes, at) })),
    )
    await run(`a bit flipped in every ${String(EVERY)}th byte of the other files`, others(base, journal))
    return silent
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

interface Damage {
  readonly file: string
  readonly bytes: Buffer
  /** A file that is gone. */
  readonly without?: string
}

/** Each group changes one document of its own and one that all share. */
function groupOf(number: number): Group {
  const document = (key: string) => ({
    kind: 'twin' as const,
    key,
    value: Buffer.from(`${String(number)} `.repeat(40)),
  })
  return { number, now: number, documents: [document(`n${String(number % DOCUMENTS)}`), document('common')] }
}

function stateAfter(groups: number): ReadonlyMap<string, string> {
  const state = new Map<string, string>()
  for (let number = 1; number <= groups; number++)
    for (const { key, value } of groupOf(number).documents) state.set(key, String(value))
  return state
}

/** Leaves what a hub leaves that is killed after the last group. */
async function fill(base: DataDirectory, durability: Durability, root: string): Promise<void> {
  const directory = dataDirectory(join(root, 'alive'))
  const store = new LevelStore({ directory, durability, say: () => undefined, journalBytes: JOURNAL_BYTES })
  await store.open(() => undefined)
  for (let number = 1; number <= GROUPS; number++) await store.commit(groupOf(number))
  // Meanwhile the database takes over the older groups: its files are damaged too.
  await new Promise((resolve) => setTimeout(resolve, 200))
  cpSync(directory.path, base.path, { recursive: true })
  await store.close()
}

async function outcomeOf(
  base: DataDirectory,
  path: string,
  { file, bytes, without }: Damage,
): Promise<Outcome> {
  rmSync(path, { recursive: true, force: true })
  cpSync(base.path, path, { recursive: true })
  writeFileSync(file.replace(base.path, path), bytes)
  if (without !== undefined) rmSync(without.replace(base.path, path))
  const said: string[] = []
  const store = new LevelStore({ directory: dataDirectory(path), say: (line) => said.push(line) })
  const found = new Map<string, string>()
  try {
    const { number } = await store.open(({ key, value }) => found.set(key, String(value)))
    const expected = stateAfter(number)
    const isClean =
      found.size === expected.size && [...found].every(([key, value]) => expected.get(key) === value)
    if (!isClean) return 'SILENT'
    if (number === GROUPS) return 'whole'
    // Whoever takes away a whole group and what says that it was acknowledged leaves nothing to find.
    return said.length > 0 || without !== undefined ? 'earlier, and said' : 'SILENT'
  } catch (error) {
    if (error instanceof StoreError) return 'refused'
    throw error
  } finally {
    await store.close()
  }
}

function* others({ path }: DataDirectory, journal: string): Iterable<Damage> {
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    const file = join(path, name)
    // LevelDB's lock and its diary hold no state.
    if (file === journal || !statSync(file).isFile() || /(LOCK|LOG|LOG\.old)$/.test(name)) continue
    const bytes = readFileSync(file)
    // A journal grows by zeros, which nobody reads.
    const length = name.endsWith('.journal') ? (endsOf(bytes).at(-1) ?? 0) : bytes.length
    for (let at = 0; at < length; at += EVERY) yield { file, bytes: flipped(bytes, at) }
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8))
  return copy
}

/** Where each group ends. */
function endsOf(bytes: Buffer): number[] {
  const ends: number[] = []
  for (
    let record = readGroupRecord(bytes, 0);
    record !== undefined;
    record = readGroupRecord(bytes, record.end)
  )
    ends.push(record.end)
  return ends
}
