/** Faults of the store that a data directory has. */

import type { FaultType } from '../../contract/faults.ts'
import { SECONDS } from './common-rows.ts'
import { faultTypes } from './fault-types.ts'

export const STORE: readonly FaultType[] = faultTypes('store', 'everyone', 'storing what has changed', [
  ['slow', 'takes this long to store it', { seconds: SECONDS }, { seconds: 2 }],
  ['full', 'finds no room on the disk, and tries again each second'],
  ['fail', 'cannot write the disk, and ends with the reason'],
])
