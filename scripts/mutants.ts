/**
 * `npm run mutants [-- --only C07,H12] [--further] [--json]`: breaks client and hub in sixty ways. Each mutant must fail a
 * requirement that the catalogue lists for it. `--further` adds the mutants beyond the sixty. Exits with 1 if a mutant
 * survives.
 */

import { parseArgs } from 'node:util'
import { loadCatalogue } from '../step-definitions/catalogue/requirement.ts'
import { MUTANTS, SIXTY } from './mutants/all.ts'
import { killersAmong, killersIn } from './mutants/killers.ts'
import type { Mutant } from './mutants/mutant.ts'
import { type RunResult, WorkingCopy } from './mutants/working-copy.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    further: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const only = values.only?.split(',')
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
process.stdout.write(`${String(killed.length)} of ${String(total)} mutants killed\n`)
if (values.json) process.stdout.write(`${JSON.stringify({ killed: killed.length, total, survived })}\n`)
process.exit(killed.length === total && (only !== undefined || total >= 60) ? 0 : 1)

async function judge(copy: WorkingCopy, mutant: Mutant): Promise<void> {
  const requirements = listed(mutant.id)
  const subject = mutant.id.startsWith('C') ? 'client' : 'hub'
  const line = `${mutant.id} the ${subject} ${mutant.what}`
  const { by, seen } = await copy.with(mutant, () => noticed(copy, subject, requirements))
  if (by.length > 0) killed.push(mutant.id)
  else survived.push(mutant.id)
  process.stdout.write(
    by.length > 0 ? `killed   ${line}: by ${by.join(' ')}\n` : `SURVIVED ${line}: ${seen}\n`,
  )
}

/** Runs the scenarios first; for a hub that they do not notice, also the tests. */
async function noticed(
  copy: WorkingCopy,
  subject: 'client' | 'hub',
  requirements: readonly string[],
): Promise<{ readonly by: readonly string[]; readonly seen: string }> {
  if (requirements.length === 0) return { by: [], seen: 'no requirement of the catalogue lists it' }
  const result = await copy.scenarios(['--requirement', ...requirements])
  const by = killersIn(result)
  if (by.length > 0 || subject === 'client') return { by, seen: `not noticed: ${verdictsOf(result)}` }
  const failed = killersAmong(await copy.tests('mock-hub', requirements))
  return {
    by: failed.filter((id) => requirements.includes(id)),
    seen: 'not noticed by scenarios or tests',
  }
}

function verdictsOf({ records }: RunResult): string {
  return records.map(({ requirement, verdict }) => `${requirement} ${verdict}`).join(', ')
}
