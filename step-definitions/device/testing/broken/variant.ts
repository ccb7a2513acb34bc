/** A broken device: the good one with one point changed. */

import type { DeviceOptions } from '../good/parts.ts'
import type { Traits } from '../good/traits.ts'
import type { RunKind } from '../../catalogue/rows.ts'

export interface Variant {
  /** `D01`. */
  readonly id: string
  /** Completes "the device …". */
  readonly about: string
  readonly traits: Partial<Traits>
  /** What its device file says in place of the good one's. */
  readonly file?: object
  readonly options?: Partial<DeviceOptions>
  /** The run that shows it. @default the shortest that has its rows */
  readonly kind?: RunKind
  /** Rows that it breaks beside those that name it, each with the reason. */
  readonly also?: Readonly<Record<string, string>>
  /** Rows whose provocations show it, beside its own. */
  readonly alsoRuns?: readonly string[]
  /** Rows of level `must` for which the table has a WARN here. */
  readonly warns?: readonly string[]
  /** How long the watch of an endurance run takes. */
  readonly enduranceSeconds?: number
}

export const broken = (
  id: string,
  about: string,
  traits: Partial<Traits>,
  more: Omit<Partial<Variant>, 'id' | 'about' | 'traits'> = {},
): Variant => ({ id, about, traits, ...more })
