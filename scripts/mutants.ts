/**
 * `npm run mutants [-- --only C07,H12] [--json]`: breaks client and hub in sixty ways and shows that the suite notices,
 * each by a requirement that the catalogue lists for it. Exits 1 below sixty of sixty.
 */

import { parseArgs } from 'node:util'
import { loadCatalogue } from '../step-definitions/catalogue/requirement.ts'
import { CLIENTS } from './mutants/clients.ts'
import { HUBS } from './mutants/hubs.ts'
import { killersIn } from './mutants/killers.ts'
import type { Mutant } from './mutants/mutant.ts'
import { type RunResult, Workshop } from './mutants/workshop.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false } },
})
const all = [...CLIENTS, ...HUBS]
const only = values.only?.split(',')
const unknown = only?.filter((id) => !all.some((mutant) => mutant.id === id)) ?? []
if (unknown.length > 0) {
  process.stderr.write(
    `mutants: there is no ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}\n`,
  )
  process.exit(2)
}

const catalogue = loadCatalogue()
const listed = (id: string): readonly string[] =>
  catalogue.filter(({ mutants = [] }) => mutants.includes(id)).map((row) => row.id)

const chosen = all.filter(({ id }) => only === undefined || only.includes(id))
const workers = [new Workshop(), new Workshop()]
const killed: string[] = []
const survived: string[] = []
try {
  const queue = [...chosen]
  await Promise.all(
    workers.map(async (workshop) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift())
        await judge(workshop, mutant)
    }),
  )
} finally {
  for (const workshop of workers) workshop.close()
}
const total = chosen.length
process.stdout.write(`${String(killed.length)} of ${String(total)} mutants killed\n`)
if (values.json) process.stdout.write(`${JSON.stringify({ killed: killed.length, total, survived })}\n`)
process.exit(killed.length === total && (only !== undefined || total === 60) ? 0 : 1)

async function judge(workshop: Workshop, mutant: Mutant): Promise<void> {
  const requirements = listed(mutant.id)
  const subject = mutant.id.startsWith('C') ? 'client' : 'hub'
  const result =
    requirements.length === 0
      ? undefined
      : await workshop.with(mutant, () => workshop.scenarios(['--requirement', ...requirements]))
  const by = result === undefined ? [] : killersIn(result)
  const line = `${mutant.id} the ${subject} ${mutant.what}`
  if (by.length > 0) killed.push(mutant.id)
  else survived.push(mutant.id)
  process.stdout.write(
    by.length > 0
      ? `killed   ${line}: by ${by.join(' ')}\n`
      : `SURVIVED ${line}: ${result === undefined ? 'no requirement of the catalogue lists it' : `not noticed: ${saidOf(result)}`}\n`,
  )
}

function saidOf({ records }: RunResult): string {
  return records.map(({ requirement, verdict }) => `${requirement} ${verdict}`).join(', ')
}
