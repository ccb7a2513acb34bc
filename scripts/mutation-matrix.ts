/**
 * `npm run mutants:matrix [-- --only C07,H12] [--unproven]`: runs every mutant against every scenario of its side, and
 * mutants of the hub also against every test of the hub; `--unproven` selects the requirements that list no mutant yet.
 * Writes to `reports/mutation-matrix.json` which requirements noticed which mutant, and prints where the catalogue claims
 * more. Takes a quarter of an hour.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadCatalogue } from '../step-definitions/catalogue/requirement.ts'
import { killersAmong, killersIn } from './mutants/killers.ts'
import { MUTANTS } from './mutants/all.ts'
import type { Mutant } from './mutants/mutant.ts'
import { WorkingCopy } from './mutants/working-copy.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, unproven: { type: 'boolean', default: false } },
})
const only = values.only?.split(',')
const catalogue = loadCatalogue()
/** The selected requirements; undefined: all. */
const wanted = values.unproven
  ? catalogue.filter(
      ({ level, testability, mutants = [] }) =>
        level === 'must' && testability === 'testable' && mutants.length === 0,
    )
  : undefined
const matrix: Record<string, readonly string[]> = {}
const queue = MUTANTS.filter(({ id }) => only === undefined || only.includes(id))
const copies = [new WorkingCopy(), new WorkingCopy()]
try {
  await Promise.all(
    copies.map(async (copy) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) await look(copy, mutant)
    }),
  )
} finally {
  for (const copy of copies) copy.close()
}
mkdirSync('reports', { recursive: true })
writeFileSync('reports/mutation-matrix.json', `${JSON.stringify(matrix, undefined, 1)}\n`)
const claimed = catalogue.flatMap(({ id, mutants = [] }) => mutants.map((mutant) => ({ id, mutant })))
const wrong = claimed.filter(({ id, mutant }) => matrix[mutant]?.includes(id) === false)
for (const { id, mutant } of wrong) process.stdout.write(`${id} lists ${mutant} but does not notice it\n`)
process.exitCode = wrong.length === 0 ? 0 : 1

async function look(copy: WorkingCopy, mutant: Mutant): Promise<void> {
  const side = mutant.id.startsWith('C') ? 'client' : 'hub'
  const ids = await copy.with(mutant, async () => {
    const only = wanted?.filter(({ sut }) => sut === side).map(({ id }) => id)
    const selection = only === undefined ? [] : ['--requirement', ...only]
    const scenarios = killersIn(await copy.scenarios(['--sut', side, ...selection]))
    if (side === 'client') return scenarios
    return [...scenarios, ...killersAmong(await copy.tests('mock-hub', only))]
  })
  matrix[mutant.id] = [...new Set(ids)].sort()
  process.stdout.write(`${mutant.id} ${String(ids.length)}: ${ids.join(' ')}\n`)
}
