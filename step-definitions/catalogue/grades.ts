/** How a statement of the contract is known: `docs/contract/README.md` defines the grades. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** From the strongest to the weakest. */
export const GRADES = ['captured', 'asserted', 'documented', 'inferred', 'assumed'] as const
export type Grade = (typeof GRADES)[number]

/** Beside the rows of the catalogue; `npm run contract` writes it from the pages of the contract. */
export const GRADES_FILE = 'grades.json'

/** The grade of each requirement that the folder knows, by id; empty when the folder has no such file. */
export function loadGrades(folder: string): ReadonlyMap<string, Grade> {
  const file = join(folder, GRADES_FILE)
  if (!existsSync(file)) return new Map()
  return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Grade>)) // generated
}

/** How many have each grade. */
export function gradeCounts(grades: Iterable<Grade | undefined>): Readonly<Record<Grade, number>> {
  const counts = { captured: 0, asserted: 0, documented: 0, inferred: 0, assumed: 0 }
  for (const grade of grades) if (grade !== undefined) counts[grade]++
  return counts
}

/** `12 captured, 3 documented`: the grades that occur. */
export function gradesText(counts: Readonly<Record<Grade, number>>): string {
  return GRADES.filter((grade) => counts[grade] > 0)
    .map((grade) => `${String(counts[grade])} ${grade}`)
    .join(', ')
}
