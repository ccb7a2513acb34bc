/** Faults of the hub's clock. */

import type { FaultType } from '../../contract/faults.ts'
import { faultTypes } from './fault-types.ts'

export const CLOCK: readonly FaultType[] = faultTypes('clock', 'everyone', 'arming', [
  [
    'advance',
    'moves its clock forward at once',
    { seconds: { type: 'number', description: 'how far, in seconds', required: true, minimum: 0 } },
    { seconds: 3_600 },
  ],
])
