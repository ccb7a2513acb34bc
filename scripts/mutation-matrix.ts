/**
 * `npm run mutants:matrix [-- --only C07,H12] [--unproven]`: every mutant against every scenario of its side, and broken
 * hubs against every test of the hub; `--unproven` looks at requirements alone that no mutant proves yet. Writes which requirements noticed which mutant to `reports/mutation-matrix.json`, and says where
 * the catalogue claims more than that. Takes a quarter of an hour.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadCatalogue } from '../step-definitions/catalogue/requirement.ts'
import { killersAmong, killersIn } from './mutants/killers.ts'
import { MUTANTS } from './mutants/all.ts'
import type { Mutant } from './mutants/mutant.ts'
import { Workshop } from './mutants/workshop.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, unproven: { type: 'boolean', default: false } },
})
const only = values.only?.split(',')
const catalogue = loadCatalogue()
/** Requirements that are looked at; undefined: all. */
const wanted = values.unproven
  ? catalogue.filter(
      ({ level, testability, mutants = [] }) =>
        level === 'must' && testability === 'testable' && mutants.length === 0,
    )
  : undefined
const matrix: Record<string, readonly string[]> = {}
const queue = MUTANTS.filter(({ id }) => only === undefined || only.includes(id))
const workers = [new Workshop(), new Workshop()]
try {
  await Promise.all(
    workers.map(async (workshop) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift())
        await look(workshop, mutant)
    }),
  )
} finally {
  for (const workshop of workers) workshop.close()
}
mkdirSync('reports', { recursive: true })
writeFileSync('reports/mutation-matrix.json', `${JSON.stringify(matrix, undefined, 1)}\n`)
const claimed = catalogue.flatMap(({ id, mutants = [] }) => mutants.map((mutant) => ({ id, mutant })))
const wrong = claimed.filter(({ id, mutant }) => matrix[mutant]?.includes(id) === false)
for (const { id, mutant } of wrong) process.stdout.write(`${id} lists ${mutant} and does not notice it\n`)
process.exitCode = wrong.length === 0 ? 0 : 1

async function look(workshop: Workshop, mutant: Mutant): Promise<void> {
  const side = mutant.id.startsWith('C') ? 'client' : 'hub'
  const ids = await workshop.with(mutant, async () => {
    const only = wanted?.filter(({ sut }) => sut === side).map(({ id }) => id)
    const selection = only === undefined ? [] : ['--requirement', ...only]
    const scenarios = killersIn(await workshop.scenarios(['--sut', side, ...selection]))
    if (side === 'client') return scenarios
    return [...scenarios, ...killersAmong(await workshop.tests('mock-hub', only))]
  })
  matrix[mutant.id] = [...new Set(ids)].sort()
  process.stdout.write(`${mutant.id} ${String(ids.length)}: ${ids.join(' ')}\n`)
}
