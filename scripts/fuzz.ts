/**
 * `npm run fuzz -- [--seed N] [--mqtt PACKETS] [--http REQUESTS] [--amqp FRAMES]`: sends malformed input to the hub. Prints
 * the seed; the same seed sends the same input. Exits with 1 if an exception escapes, memory grows, or the hub does not
 * serve a correct client at the end.
 */

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { fuzzAmqp } from './fuzz/amqp.ts'
import { fuzzHttp } from './fuzz/http.ts'
import { fuzzMqtt } from './fuzz/mqtt.ts'

interface Run {
  readonly what: string
  /** Number of inputs, from the flag of the same name; undefined: not requested. */
  readonly count: number | undefined
  run(seed: number, count: number): Promise<{ readonly failures: readonly string[] }>
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    mqtt: { type: 'string' },
    http: { type: 'string' },
    amqp: { type: 'string' },
    from: { type: 'string' },
  },
})

const seed = whole('seed', values.seed) ?? randomInt(2 ** 31)
const from = whole('from', values.from) ?? 0
const runs: readonly Run[] = [
  {
    what: 'mqtt',
    count: whole('mqtt', values.mqtt),
    run: (ofSeed, packets) => fuzzMqtt({ seed: ofSeed, packets, from }),
  },
  {
    what: 'http',
    count: whole('http', values.http),
    run: (ofSeed, requests) => fuzzHttp({ seed: ofSeed, requests, from }),
  },
  {
    what: 'amqp',
    count: whole('amqp', values.amqp),
    run: (ofSeed, frames) => fuzzAmqp({ seed: ofSeed, frames, from }),
  },
]
/** Without flags: all adapters, at the size of the nightly run. */
const chosen = runs.some(({ count }) => count !== undefined)
  ? runs.filter(({ count }) => count !== undefined)
  : runs.map((run) => ({ ...run, count: 100_000 }))

let failed = false
for (const fuzz of chosen) {
  const { what, count = 0 } = fuzz
  process.stdout.write(`fuzz ${what}: ${count} from seed ${seed}\n`)
  const { failures, ...report } = await fuzz.run(seed, count)
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`)
  failed ||= failures.length > 0
}
process.exitCode = failed ? 1 : 0

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text)) return Number(text)
  process.stderr.write(`fuzz: --${name} must be an integer, got ${text}\n`)
  process.exit(2)
}
