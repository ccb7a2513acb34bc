/** Thirty broken hubs. */

import type { Mutant } from './mutant.ts'

export const HUBS: readonly Mutant[] = []
