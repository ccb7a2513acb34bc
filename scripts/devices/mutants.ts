/**
 * `npm run device:mutants [-- --whole] [D10 D11 …]`: runs each broken device on virtual time and checks that it breaks the rows that
 * name it. Exits with 1 when one is not caught, or when a row of level `must` has no broken device. With `--whole` each makes a
 * whole run, and a row of level `must` that fails beside its own must be explained where the device is written (`also`).
 */

import { systemTime } from '../../step-definitions/driver/clock.ts'
import { judge, type Verdict } from '../../step-definitions/device/judge/judge.ts'
import { RUNS, type DeviceRow } from '../../step-definitions/device/catalogue/rows.ts'
import { VARIANTS } from '../../step-definitions/device/testing/broken/all.ts'
import type { Variant } from '../../step-definitions/device/testing/broken/variant.ts'
import { ROWS, simulate } from '../../step-definitions/device/testing/simulation.ts'

const rowsOf = ({ id }: Variant): readonly DeviceRow[] =>
  ROWS.filter(({ mutants = [] }) => mutants.includes(id))
const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const given = process.argv.slice(2)
const isWhole = given.includes('--whole')
const wanted = given.filter((one) => one !== '--whole')
const variants = VARIANTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
const missed: string[] = []
const unexplained: string[] = []
for (const variant of variants) {
  const rows = rowsOf(variant)
  if (rows.length === 0) {
    missed.push(variant.id)
    say(`${variant.id.padEnd(5)} MISSED: no row names it`)
    continue
  }
  const began = systemTime.now()
  const kind = variant.kind ?? RUNS.findLast((one) => rows.some(({ run }) => run === one)) ?? 'quick'
  const { traits, file, options, enduranceSeconds } = variant
  const {
    recording,
    file: deviceFile,
    seconds,
  } = await simulate({
    ...{ kind, traits },
    ...(isWhole ? {} : { only: [...rows.map(({ id }) => id), ...(variant.alsoRuns ?? [])] }),
    ...(file === undefined ? {} : { file }),
    ...(options === undefined ? {} : { options }),
    ...(enduranceSeconds === undefined ? {} : { enduranceSeconds }),
  })
  const all = judge(recording, deviceFile, ROWS)
  const verdicts = all.filter(({ row }) => rows.includes(row))
  const hasFailed = verdicts.some(({ word }) => word === 'FAIL')
  const left = verdicts.filter(({ word, row }) => {
    if (word === 'WARN') return row.level === 'must' && variant.warns?.includes(row.id) !== true
    // Without a connection nothing else can be provoked.
    return word !== 'FAIL' && !(word === 'NOT_RUN' && hasFailed)
  })
  if (left.length > 0) missed.push(variant.id)
  const took = ((systemTime.now() - began) / 1000).toFixed(1)
  say(
    `${variant.id.padEnd(5)} ${left.length === 0 ? 'caught' : 'MISSED'} in ${took} s (${seconds.toFixed(0)} s of virtual time): the device ${variant.about}`,
  )
  for (const { row, word, why } of verdicts) say(`        ${row.id} ${word}: ${why}`)
  if (isWhole) unexplained.push(...besides(variant, rows, all))
}
const naked = ROWS.filter(
  ({ level, mutants = [] }) =>
    level === 'must' && !mutants.some((id) => VARIANTS.some((variant) => variant.id === id)),
)
for (const { id } of naked) say(`FAIL ${id}: is a must, and no broken device proves it`)
say(
  `${String(variants.length - missed.length)} of ${String(variants.length)} broken devices are caught; ${String(naked.length)} rows of level must have none${missed.length === 0 ? '' : `; missed: ${missed.join(', ')}`}`,
)
if (isWhole)
  say(
    `${String(unexplained.length)} explanations are missing or stale${unexplained.length === 0 ? '' : `: ${unexplained.join(', ')}`}`,
  )
process.exit(missed.length + naked.length + unexplained.length === 0 ? 0 : 1)

/** Tells of the other rows of level must that fail. @returns those without an explanation, and explanations of rows that do not. */
function besides(
  { id, also = {} }: Variant,
  own: readonly DeviceRow[],
  all: readonly Verdict[],
): readonly string[] {
  const others = all.filter(({ row, word }) => word === 'FAIL' && row.level === 'must' && !own.includes(row))
  for (const { row, why } of others)
    say(`        beside: ${row.id} FAIL: ${why.slice(0, 160)} — ${also[row.id] ?? 'NOT EXPLAINED'}`)
  const stale = Object.keys(also).filter((one) => !others.some(({ row }) => row.id === one))
  for (const one of stale) say(`        beside: ${one} is explained and does not fail`)
  return [
    ...others.filter(({ row }) => also[row.id] === undefined).map(({ row }) => `${id} ${row.id}`),
    ...stale.map((one) => `${id} ${one} (stale)`),
  ]
}
