/** All broken devices. */

import { CONNECTING } from './connecting.ts'
import { FURTHER } from './further.ts'
import { PACKETS } from './packets.ts'
import { RECEIVING } from './receiving.ts'
import { RETURNING } from './returning.ts'
import { REPORTED } from './reported.ts'
import type { Variant } from './variant.ts'

export const VARIANTS: readonly Variant[] = [
  ...CONNECTING,
  ...PACKETS,
  ...RECEIVING,
  ...RETURNING,
  ...FURTHER,
  ...REPORTED,
]
