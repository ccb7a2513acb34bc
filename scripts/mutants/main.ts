/**
 * `npm run mutants [-- --only C07,H12] [--further] [--json]`: breaks client and hub in sixty ways. Each mutant must fail a
 * requirement that the catalogue lists for it. `--further` adds the mutants beyond the sixty. Exits with 1 if a mutant
 * survives, or does not run.
 *
 * `npm run mutants -- --generated N [--seed S] [--side client|hub] [--with-tests] [--workers 2] [--list]`: draws N of the
 * mutants that `mutants/generated/` makes of hub and client, and runs them against the scenarios of their side; those that
 * no scenario notices also against the tests (`--with-tests`). Writes `reports/mutants.json`.
 *
 * `npm run mutants -- --from FILE [--only C901] [--with-tests] [--workers 2]`: the same for mutants of a YAML file in the
 * form of `mutants/further-hubs.yaml`, which no requirement need list.
 */

import { parseArgs } from 'node:util'
import { loadCatalogue } from '../../step-definitions/catalogue/requirement.ts'
import { MUTANTS, mutantsIn, SIXTY } from './all.ts'
import { candidates, draw } from './generated/candidates.ts'
import { killersAmong, killersIn, withoutVerdict } from './killers.ts'
import { type Mutant, sideOf } from './mutant.ts'
import { brokenBy, brokenByHand, runMutants } from './run-mutants.ts'
import { type RunResult, WorkingCopy } from './working-copy.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    further: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    from: { type: 'string' },
    generated: { type: 'string' },
    seed: { type: 'string' },
    side: { type: 'string' },
    'with-tests': { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
  },
})
const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const howToRun = { withTests: values['with-tests'], workers: Number(values.workers), say }
const only = values.only?.split(',')
if (values.generated !== undefined) process.exit(await generated(values.generated))
if (values.from !== undefined) {
  const mutants = mutantsIn(values.from).filter(({ id }) => only?.includes(id) ?? true)
  process.exit(await runMutants({ mutants: mutants.map(brokenByHand), source: values.from, ...howToRun }))
}
const unknown = only?.filter((id) => !MUTANTS.some((mutant) => mutant.id === id)) ?? []
if (unknown.length > 0) {
  process.stderr.write(
    `mutants: unknown: ${unknown.join(', ')}; the mutants are ${MUTANTS.map(({ id }) => id).join(', ')}\n`,
  )
  process.exit(2)
}

const catalogue = loadCatalogue()
const listed = (id: string): readonly string[] =>
  catalogue.filter(({ mutants = [] }) => mutants.includes(id)).map((row) => row.id)

const chosen =
  only === undefined ? (values.further ? MUTANTS : SIXTY) : MUTANTS.filter(({ id }) => only.includes(id))
const copies = [new WorkingCopy(), new WorkingCopy()]
const killed: string[] = []
const survived: string[] = []
const unjudged: string[] = []
try {
  const queue = [...chosen]
  await Promise.all(
    copies.map(async (copy) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) await judge(copy, mutant)
    }),
  )
} finally {
  for (const copy of copies) copy.close()
}
const total = chosen.length
process.stdout.write(
  `${String(killed.length)} of ${String(total)} mutants killed${unjudged.length === 0 ? '' : `, ${String(unjudged.length)} not run`}\n`,
)
if (values.json)
  process.stdout.write(`${JSON.stringify({ killed: killed.length, total, survived, notRun: unjudged })}\n`)
process.exit(killed.length === total && (only !== undefined || total >= 60) ? 0 : 1)

async function judge(copy: WorkingCopy, mutant: Mutant): Promise<void> {
  const requirements = listed(mutant.id)
  const subject = sideOf(mutant)
  const line = `${mutant.id} the ${subject} ${mutant.what}`
  const { by, seen, notRun } = await copy.with(mutant, () => noticed(copy, subject, requirements))
  if (by.length > 0) killed.push(mutant.id)
  else if (notRun === undefined) survived.push(mutant.id)
  else unjudged.push(mutant.id)
  process.stdout.write(
    by.length > 0
      ? `killed   ${line}: by ${by.join(' ')}\n`
      : notRun === undefined
        ? `SURVIVED ${line}: ${seen}\n`
        : `NOT RUN  ${line}: ${notRun}\n`,
  )
}

interface Noticed {
  /** The requirements that noticed the mutant. */
  readonly by: readonly string[]
  /** What was seen instead. */
  readonly seen: string
  /** Why there is no verdict. */
  readonly notRun?: string | undefined
}

/** Runs the scenarios first; for a hub that they do not notice, also the tests. */
async function noticed(
  copy: WorkingCopy,
  subject: 'client' | 'hub',
  requirements: readonly string[],
): Promise<Noticed> {
  if (requirements.length === 0) return { by: [], seen: 'no requirement of the catalogue lists it' }
  const result = await copy.scenarios(['--requirement', ...requirements])
  const by = killersIn(result)
  // Requirements that only tests prove select no scenario.
  const notRun = result.records.length === 0 && subject === 'hub' ? undefined : withoutVerdict(result)
  if (by.length > 0 || subject === 'client') return { by, seen: `not noticed: ${verdictsOf(result)}`, notRun }
  const failed = await copy.tests('mock-hub', requirements)
  return {
    by: killersAmong(failed ?? []).filter((id) => requirements.includes(id)),
    seen: 'not noticed by scenarios or tests',
    notRun: failed === undefined ? 'the tests ended without a report' : notRun,
  }
}

function verdictsOf({ records }: RunResult): string {
  return records.map(({ requirement, verdict }) => `${requirement} ${verdict}`).join(', ')
}

/** Draws mutants and runs them, or lists them. @returns the exit code. */
async function generated(text: string): Promise<number> {
  const count = Number(text)
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  const side = values.side
  if (!(count > 0) || !Number.isInteger(seed) || !['client', 'hub', undefined].includes(side)) {
    process.stderr.write('mutants: --generated and --seed must be whole numbers, --side client or hub\n')
    return 2
  }
  const all = candidates(side as 'client' | 'hub' | undefined)
  const mutants = draw(all, count, seed)
  say(`${String(all.length)} candidates, ${String(mutants.length)} drawn with the seed ${String(seed)}`)
  if (!values.list)
    return runMutants({ mutants: mutants.map(brokenBy), source: `seed ${String(seed)}`, ...howToRun })
  for (const { operator, file, line, before, after } of mutants)
    say(`${operator}: ${file}:${String(line)} [${before}] → [${after}]`)
  return 0
}
