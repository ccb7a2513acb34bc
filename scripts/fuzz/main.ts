/**
 * `npm run fuzz -- [--seed N] [--mqtt N] [--amqp N] [--http N] [--blob N] [--control N] [--provisioning N] [--hours H]
 * [--keep]`: sends hostile and odd input to the hub. Prints the seed; the same seed and `--from` send the same input again.
 * With `--hours` it goes on, with new seeds, until the time is over; Ctrl-C ends it early, with what it has found. `--keep`
 * adds what led to outcomes of a new kind to the corpus, which each run sends first. Exits with 1 if an exception escapes,
 * the journal has an internal error, an answer is 5xx, memory grows, or the hub does not serve a correct client at the end.
 */

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { keep, replay } from './corpus.ts'
import { differ } from './differential.ts'
import { SURFACES, type SurfaceName } from './surfaces.ts'
import { interruption } from './watch.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    ...{ seed: text, from: text, hours: text, mqtt: text, amqp: text, http: text, blob: text, control: text },
    ...{ differential: text, provisioning: text },
    keep: { type: 'boolean', default: false },
  },
})
/** Inputs of one round without flags. */
const ROUND: Readonly<Record<SurfaceName, number>> = {
  ...{ mqtt: 1_000_000, amqp: 100_000, http: 100_000, blob: 25_000, control: 25_000 },
  provisioning: 200_000,
}
/** Sequences of packets that are compared in a round without flags. */
const COMPARED = 500

const names = Object.keys(SURFACES) as SurfaceName[]
const asked = names.filter((name) => values[name] !== undefined)
const all = asked.length === 0 && values.differential === undefined
const from = whole('from') ?? 0
const hours = values.hours === undefined ? undefined : Number(values.hours)
if (hours !== undefined && !(hours > 0))
  usage(`--hours must be a number above 0, got ${String(values.hours)}`)
const endAt = hours === undefined ? undefined : Date.now() + hours * 3_600_000

const totals = new Map<string, { inputs: number; connections: number; failures: number }>()
const { signal } = interruption
process.once('SIGINT', () => {
  interruption.abort()
})
let seed = whole('seed') ?? randomInt(2 ** 31)
if (from === 0)
  for (const name of all ? names : asked)
    for (const failure of await replay(name)) tell(name, 'corpus', [failure])
do {
  for (const name of all ? names : asked) {
    if (signal.aborted || (endAt !== undefined && Date.now() > endAt)) break
    process.stdout.write(`fuzz ${name} from seed ${seed}\n`)
    const report = await SURFACES[name]({ seed, inputs: whole(name) ?? ROUND[name], from })
    const { failures, novel, outcomes, memory, ...numbers } = report
    if (values.keep) keep(name, report)
    add(name, report.inputs, report.connections, failures.length)
    process.stdout.write(
      `${JSON.stringify({ ...numbers, rules: Object.keys(outcomes).length, novel: novel.length })}\n`,
    )
    for (const line of memory) process.stdout.write(`${line}\n`)
    tell(name, String(seed), failures)
  }
  if (!signal.aborted && (all || values.differential !== undefined)) {
    const { sequences, failures, against } = await differ(seed, whole('differential') ?? COMPARED)
    add(`differential (${against.join(', ')})`, sequences, sequences * (against.length + 1), failures.length)
    tell('differential', String(seed), failures)
  }
  seed = (seed + 1) % 2 ** 31
} while (!signal.aborted && endAt !== undefined && Date.now() < endAt)

let failed = 0
for (const [name, { inputs, connections, failures }] of totals) {
  process.stdout.write(`${name}: ${inputs} inputs on ${connections} connections, ${failures} failures\n`)
  failed += failures
}
process.stdout.write(`memory: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB resident at the end\n`)
process.exitCode = failed > 0 ? 1 : 0

function add(name: string, inputs: number, connections: number, failures: number): void {
  const before = totals.get(name) ?? { inputs: 0, connections: 0, failures: 0 }
  totals.set(name, {
    inputs: before.inputs + inputs,
    connections: before.connections + connections,
    failures: before.failures + failures,
  })
}

function tell(name: string, where: string, failures: readonly string[]): void {
  for (const failure of failures) process.stdout.write(`FAILED ${name} (seed ${where}) ${failure}\n`)
  if (where === 'corpus') add(`${name} corpus`, 0, 0, failures.length)
}

function whole(name: SurfaceName | 'seed' | 'from' | 'differential'): number | undefined {
  const given = values[name]
  if (given === undefined) return undefined
  if (/^\d{1,10}$/.test(given)) return Number(given)
  return usage(`--${name} must be an integer, got ${given}`)
}

function usage(problem: string): never {
  process.stderr.write(`fuzz: ${problem}\n`)
  process.exit(2)
}
