/** A provocation: what is done to the device, and which rows look at it. */

import type { Phase } from '../catalogue/rows.ts'
import type { DeviceFile } from '../file/device-file.ts'
import type { Stage } from './stage.ts'

/** Told by a provocation as it goes on. */
export interface Steps {
  /** The fault has struck: from now on the device is tried. */
  struck(): void
  /** Nothing is in its way any more. */
  released(): void
}

export interface Provocation {
  /** Such as `loss.fin`. */
  readonly name: string
  readonly phase: Phase
  readonly rows: readonly string[]
  /** Why it cannot be carried out; undefined: it can. */
  readonly impossible?: (file: DeviceFile) => string | undefined
  /** Whether the connection is taken away: the device then gets the full time to settle. */
  readonly gentle?: boolean
  /** Longest time in seconds, patience included. */
  readonly seconds: (file: DeviceFile) => number
  /** @throws Trouble when the bench is at fault. */
  readonly run: (stage: Stage, steps: Steps) => Promise<void>
}
