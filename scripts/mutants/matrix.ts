/**
 * `npm run mutants:matrix [-- --only C07,H12] [--unproven]`: runs every mutant against every scenario of its side, and
 * mutants of the hub also against every test of the hub; `--unproven` selects the requirements that list no mutant yet.
 * Writes to `reports/mutation-matrix.json` which requirements noticed which mutant, and prints where the catalogue claims
 * more. Takes a quarter of an hour.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadCatalogue } from '../../step-definitions/catalogue/requirement.ts'
import { killersAmong, killersIn } from './killers.ts'
import { MUTANTS } from './all.ts'
import type { Mutant } from './mutant.ts'
import { WorkingCopy } from './working-copy.ts'

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
if (wrong.length > 0) process.exitCode = 1

async function look(copy: WorkingCopy, mutant: Mutant): Promise<void> {
  const side = mutant.id.startsWith('C') ? 'client' : 'hub'
  const noticed = await copy.with(mutant, async () => {
    const only = wanted?.filter(({ sut }) => sut === side).map(({ id }) => id)
    const selection = only === undefined ? [] : ['--requirement', ...only]
    const result = await copy.scenarios(['--sut', side, ...selection])
    const scenarios = killersIn(result)
    if (result.notRun !== undefined) return result.notRun
    if (side === 'client') return scenarios
    const failed = await copy.tests('mock-hub', only)
    return failed === undefined ? 'the tests ended without a report' : [...scenarios, ...killersAmong(failed)]
  })
  if (typeof noticed === 'string') {
    process.exitCode = 1
    process.stdout.write(`NOT RUN ${mutant.id}: ${noticed}\n`)
    return
  }
  matrix[mutant.id] = [...new Set(noticed)].sort()
  process.stdout.write(`${mutant.id} ${String(noticed.length)}: ${noticed.join(' ')}\n`)
}
