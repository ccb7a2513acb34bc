/** `npm run bench`: measures the figures, prints a table or JSON lines, compares with the committed baseline. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, platform } from 'node:os'
import { parseArgs } from 'node:util'
import { type Effort, type Figure, type Result, measure } from './figure.ts'
import { figures as clients } from './benchmarks/clients.ts'
import { figures as connections } from './benchmarks/connections.ts'
import { figures as dashboard } from './benchmarks/dashboard.ts'
import { figures as durable } from './benchmarks/durable.ts'
import { figures as floors } from './benchmarks/floor.ts'
import { figures as memory } from './benchmarks/memory.ts'
import { figures as otherProtocols } from './benchmarks/other-protocols.ts'
import { figures as queries } from './benchmarks/queries.ts'
import { figures as registrations } from './benchmarks/registrations.ts'
import { figures as roundTrips } from './benchmarks/round-trips.ts'
import { figures as starts } from './benchmarks/start.ts'
import { figures as telemetry } from './benchmarks/telemetry.ts'

const FIGURES: readonly Figure[] = [
  ...telemetry,
  ...connections,
  ...floors,
  ...roundTrips,
  ...otherProtocols,
  ...registrations,
  ...memory,
  ...durable,
  ...clients,
  ...starts,
  ...queries,
  ...dashboard,
]
/** The limit for CI: a ratio may not be lower than the baseline by more than this share. */
const ALLOWED_FALL = 0.3
/** The default figures of `--quick`: those that differ little from run to run, in a minute. */
const QUICK = ['P1', 'P2', 'P3b', 'C1', 'C1b', 'C2', 'S2', 'Q1']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    compare: { type: 'boolean', default: false },
    'save-baseline': { type: 'boolean', default: false },
  },
})
const effort: Effort = {
  rounds: Number(values.rounds ?? (values.quick ? 3 : 5)),
  ms: values.quick ? 700 : 2500,
  size: values.quick ? 0.2 : 1,
}
if (!Number.isInteger(effort.rounds) || effort.rounds < 1) {
  process.stderr.write(`bench: --rounds must be an integer from 1, got ${String(values.rounds)}\n`)
  process.exit(2)
}
const selected = positionals.length === 0 && values.quick ? QUICK : positionals
const chosen = selected.length === 0 ? FIGURES : FIGURES.filter((figure) => selected.includes(figure.id))
const unknown = positionals.filter((id) => !FIGURES.some((figure) => figure.id === id))
if (unknown.length > 0) {
  process.stderr.write(
    `bench: unknown: ${unknown.join(', ')}; the figures are ${FIGURES.map((f) => f.id).join(', ')}\n`,
  )
  process.exit(2)
}

const results: Result[] = []
for (const figure of chosen) {
  if (!values.json) process.stderr.write(`${figure.id} ${figure.title} …\n`)
  const result = await measure(figure, effort)
  results.push(result)
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
}
const folder = new URL('./results/', import.meta.url)
mkdirSync(folder, { recursive: true })
const machine = { node: process.version, platform: platform(), cpus: cpus().length, model: cpus()[0]?.model }
writeFileSync(new URL('latest.json', folder), `${JSON.stringify({ machine, effort, results }, null, 2)}\n`)
if (values['save-baseline'])
  writeFileSync(new URL('baseline.json', folder), `${JSON.stringify(ratios(results), null, 2)}\n`)
if (!values.json) process.stdout.write(table(results))
if (values.compare && !(await meetsBaseline())) process.exit(1)
process.exit(0)

/** Leaves out figures whose rounds differ by more than the limit, because they cannot show a regression. */
function ratios(list: readonly Result[]): Record<string, number> {
  return Object.fromEntries(
    list.flatMap(({ id, ratio, spread }) =>
      ratio === null || spread === null || spread[0] / spread[1] < 1 - ALLOWED_FALL ? [] : [[id, ratio]],
    ),
  )
}

/**
 * Compares with the baseline. Higher is better, or lower if the goal is an upper bound. A regression counts only if it
 * occurs twice, because other processes on the machine can cause one.
 */
async function meetsBaseline(): Promise<boolean> {
  const baseline = JSON.parse(readFileSync(new URL('baseline.json', folder), 'utf8')) as Readonly<
    Record<string, number>
  >
  let [kept, fallen] = [0, 0]
  for (const figure of chosen) {
    const before = baseline[figure.id]
    const first = results.find(({ id }) => id === figure.id)
    if (before === undefined || first === undefined || first.ratio === null) continue
    let { ratio } = first
    if (hasFallen(first.goal, ratio, before)) ratio = (await measure(figure, effort)).ratio ?? ratio
    if (hasFallen(first.goal, ratio, before)) {
      fallen++
      process.stdout.write(
        `bench: ${figure.id} fell from ratio ${before.toFixed(2)} to ${ratio.toFixed(2)}, more than ${ALLOWED_FALL * 100} %\n`,
      )
    } else kept++
  }
  process.stdout.write(`bench: ${kept} passed, ${fallen} failed\n`)
  return fallen === 0 && kept > 0
}

function hasFallen(goal: string | null, ratio: number, before: number): boolean {
  return goal?.startsWith('<=') === true
    ? ratio > before / (1 - ALLOWED_FALL)
    : ratio < before * (1 - ALLOWED_FALL)
}

function table(list: readonly Result[]): string {
  const rows = [['figure', 'ours', 'anchor', 'ratio', 'spread', 'goal', 'met', 'generator']]
  for (const r of list) {
    if (r.skipped !== undefined) {
      rows.push([r.id, 'skipped:', r.skipped, '', '', '', '', ''])
      continue
    }
    const busy =
      r.generatorCpu === null
        ? ''
        : `${(r.generatorCpu * 100).toFixed(0)} %${r.generatorCpu > 0.9 ? ' (limit)' : ''}`
    rows.push([
      r.id,
      `${short(r.ours)} ${r.unit}`,
      r.theirs === null ? '-' : `${short(r.theirs)} (${r.anchor})`,
      r.ratio === null ? '-' : r.ratio.toFixed(2),
      r.spread === null ? '-' : `${r.spread[0].toFixed(2)}..${r.spread[1].toFixed(2)}`,
      r.goal ?? '-',
      r.met === null ? '-' : r.met ? 'yes' : 'NO',
      busy,
    ])
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function short(value: number): string {
  return value >= 10_000
    ? `${(value / 1000).toFixed(1)}k`
    : value >= 100
      ? value.toFixed(0)
      : value.toPrecision(3)
}
