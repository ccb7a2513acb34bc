/** The service-side features that back ends use beside registry, twins, methods and messages. */

import type { Configurations } from './configurations.ts'
import type { DigitalTwins } from './digital-twins.ts'
import type { ImportExportJobs, Jobs } from './jobs.ts'
import type { Queries } from './queries.ts'
import type { Snapshots } from './snapshots.ts'

export interface Services {
  readonly queries: Queries
  readonly configurations: Configurations
  readonly jobs: Jobs
  readonly importExport: ImportExportJobs
  readonly digitalTwins: DigitalTwins
  readonly snapshots: Snapshots
  /** Cancels what runs and stops watching the hub. */
  stop(): void
}
