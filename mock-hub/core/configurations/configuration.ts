import type { StoredConfiguration } from '../contract/services/configurations.ts'
import type { TwinTarget } from '../query/queries.ts'
import type { TwinRow } from '../query/rows.ts'

/** The devices or modules that a target condition means. */
export interface Targets {
  readonly from: TwinTarget['from']
  readonly holds: (row: TwinRow) => boolean
}

export interface Configuration extends StoredConfiguration {
  /** The compiled target condition; undefined: it means none. */
  readonly targets: Targets | undefined
}

/** Of a configuration on one identity: its content is written, or it could not be. */
export type ConfigurationStatus = 'Applied' | 'Targeted'
