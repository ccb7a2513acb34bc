/**
 * Which scenarios run which functions: a scenario that does not run the changed function cannot notice a mutant. Run as a
 * program, it plays all scenarios once and writes what it has seen to the file of its first argument.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { placeOf } from '../../step-definitions/catalogue/scenarios.ts'
import { runScenarios } from '../../step-definitions/conformance/run.ts'

/** What was measured. */
interface Measured {
  /** The sources that were measured. */
  readonly key: string
  /** The places of all scenarios. */
  readonly places: readonly string[]
  /** Indexes of the scenarios that run a function, by file and name of the function. */
  readonly reached: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
}

const CODE = ['mock-hub', 'reference-client'] as const
const FILE = 'reports/mutant-coverage.json'

export class Coverage {
  readonly #places: readonly string[]
  readonly #reached: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>

  constructor({ places, reached }: Measured) {
    this.#places = places
    this.#reached = new Map(
      Object.entries(reached).map(([file, functions]) => [file, new Map(Object.entries(functions))]),
    )
  }

  /** Coverage of the sources as they are; measured again only when they have changed. */
  static read(say: (line: string) => void): Coverage {
    const key = keyOfSources()
    const known = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Measured) : undefined // our own file
    if (known?.key === key) return new Coverage(known)
    say('measures which scenarios run which functions')
    mkdirSync('reports', { recursive: true })
    const args = ['--no-warnings', '--import=tsx', 'scripts/mutants/coverage.ts', FILE, key]
    const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    if (status !== 0) throw new Error('The scenarios could not be run to measure what they reach')
    return new Coverage(JSON.parse(readFileSync(FILE, 'utf8')) as Measured)
  }

  /**
   * The places of the scenarios that run a function.
   * @param name undefined: code outside of functions, which every scenario runs.
   * @returns undefined: all.
   */
  scenariosOf(file: string, name: string | undefined): readonly string[] | undefined {
    if (name === undefined) return undefined
    return (this.#reached.get(file)?.get(name) ?? []).map((index) => this.#places[index] ?? '')
  }
}

function keyOfSources(): string {
  const hash = createHash('sha256')
  for (const folder of [...CODE, 'step-definitions', 'features'])
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|feature|yaml)$/.test(name) && !name.includes('node_modules'))
        hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}

async function measure(file: string, key: string): Promise<void> {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  const places: string[] = []
  const reached = new Map<string, Map<string, Set<number>>>()
  const parameters = { transport: 'mqtt', address: '127.0.0.1', trials: '5', trialSeed: '1' }
  await runScenarios({ order: 'defined', parameters }, ({ scenario }) => {
    const index = places.push(placeOf(scenario)) - 1
    session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const { url, functions } of result) {
        const path = pathOf(url)
        if (path === undefined) continue
        const names = reached.get(path) ?? new Map<string, Set<number>>()
        reached.set(path, names)
        for (const { functionName, ranges } of functions) {
          if ((ranges[0]?.count ?? 0) === 0) continue
          const name = functionName.replace(/^(?:get|set|static) /, '')
          const running = names.get(name) ?? new Set()
          names.set(name, running.add(index))
        }
      }
    })
  })
  const plain = Object.fromEntries(
    [...reached].map(([path, names]) => [
      path,
      Object.fromEntries([...names].map(([name, running]) => [name, [...running]])),
    ]),
  )
  writeFileSync(file, JSON.stringify({ key, places, reached: plain } satisfies Measured))
}

/** The path of a source of hub or client, relative to the tree. */
function pathOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  const path = relative(root, fileURLToPath(url.replace(/\?.*$/, '')))
  return CODE.some((folder) => path.startsWith(`${folder}/`)) ? path : undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file = FILE, key = ''] = process.argv
  await measure(file, key)
  process.exit() // a client may keep handles open
}
