/** All mutants: the sixty of the guide, and further ones for what those leave whole. */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { CLIENTS } from './clients.ts'
import { HUBS } from './hubs.ts'
import type { Mutant } from './mutant.ts'

function further(file: string): readonly Mutant[] {
  return parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as readonly Mutant[] // a file of ours; edits that do not fit are found out
}

export const SIXTY: readonly Mutant[] = [...CLIENTS, ...HUBS]
export const MUTANTS: readonly Mutant[] = [
  ...SIXTY,
  ...further('further-clients.yaml'),
  ...further('further-hubs.yaml'),
]
