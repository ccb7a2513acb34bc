/**
 * `npm run chaos -- [--seed N] [--hours H] [--runs R] [--broken]`: lets devices and back ends work with a hub for H hours
 * of virtual time while a script of random faults, which the seed decides, goes wrong, and checks the contract over the whole
 * history. A violation is shrunk to the shortest script of faults, which is printed with the sequence of what happened. The
 * same seed is the same script. `--broken` runs hubs that break the contract, each in one way, which the checker must find.
 * Exits with 1 for a violation, or for a broken hub that was not found.
 */

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { check } from './checker.ts'
import { BROKEN_HUBS, findBrokenHubs } from './broken-hubs.ts'
import { draw } from './draw.ts'
import { scriptOf, shown } from './faults.ts'
import { DEVICES, run } from './run.ts'
import { shrink } from './shrink.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    ...{ seed: text, hours: text, runs: text },
    /** Only tells which rules are violated, and does not shrink. */
    first: { type: 'boolean', default: false },
    broken: { type: 'boolean', default: false },
  },
})
const first = number('seed', values.seed, randomInt(2 ** 31))
const hours = number('hours', values.hours, 1)
const runs = number('runs', values.runs, 1)

if (values.broken) {
  const found = await findBrokenHubs(first, (line) => process.stdout.write(`${line}\n`))
  process.stdout.write(`chaos: ${found} of ${BROKEN_HUBS.length} broken hubs found\n`)
  process.exit(found === BROKEN_HUBS.length ? 0 : 1)
}

let violations = 0
for (let seed = first; seed < first + runs; seed++) {
  const script = scriptOf(seed, hours, DEVICES)
  const before = performance.now()
  const history = await run({ seed, hours, script })
  const seconds = ((performance.now() - before) / 1000).toFixed(1)
  const broken = check(history)
  const [violation] = broken
  const counts = new Map<string, number>()
  for (const { type } of history) counts.set(type, (counts.get(type) ?? 0) + 1)
  const summary = [
    'offered',
    'acknowledged',
    'c2d-sent',
    'c2d-received',
    'desired-set',
    'method-asked',
    'link-up',
    'fault',
  ]
    .map((type) => `${counts.get(type) ?? 0} ${type}`)
    .join(', ')
  process.stdout.write(
    `chaos: seed ${seed}, ${hours} h in ${seconds} s: ${history.length} events (${summary}): ${violation === undefined ? 'no violation' : violation.rule}\n`,
  )
  if (violation === undefined) continue
  violations++
  if (values.first) {
    process.stdout.write(`violated: ${[...new Set(broken.map(({ rule }) => rule))].join(' ')}\n`)
    continue
  }
  process.stdout.write(`${violation.rule}: ${violation.what}\nshrinking …\n`)
  const shrunk = await shrink({ seed, hours, script }, { history, violation })
  process.stdout.write(
    `${shrunk.script.length} of ${script.length} faults remain after ${shrunk.runs} runs:\n`,
  )
  for (const step of shrunk.script) process.stdout.write(`  at ${step.at} s: ${shown(step)}\n`)
  process.stdout.write(`${draw(shrunk.history, shrunk.violation)}\n`)
}
// Clients of other libraries keep timers.
process.exit(violations > 0 ? 1 : 0)

function number(name: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise
  const value = Number(given)
  if (value > 0 && (name === 'hours' || Number.isInteger(value))) return value
  process.stderr.write(`chaos: --${name} must be a number above 0, got ${given}\n`)
  process.exit(2)
}
