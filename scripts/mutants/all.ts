/** All mutants. */

import { CLIENTS } from './clients.ts'
import { HUBS } from './hubs.ts'
import type { Mutant } from './mutant.ts'

export const MUTANTS: readonly Mutant[] = [...CLIENTS, ...HUBS]
