/** All mutants: the sixty of the guide, and further ones for what those leave whole. */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { CLIENTS } from './clients.ts'
import { HUBS } from './hubs.ts'
import type { Mutant } from './mutant.ts'

/** Mutants of a YAML file. */
export function mutantsIn(file: string | URL): readonly Mutant[] {
  return parse(readFileSync(file, 'utf8')) as readonly Mutant[] // edits that do not fit are found out
}

function further(file: string): readonly Mutant[] {
  return mutantsIn(new URL(file, import.meta.url))
}

export const SIXTY: readonly Mutant[] = [...CLIENTS, ...HUBS]
export const MUTANTS: readonly Mutant[] = [
  ...SIXTY,
  ...further('further-clients.yaml'),
  ...further('further-hubs.yaml'),
  ...further('provisioning.yaml'),
]
