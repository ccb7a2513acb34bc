/** Service-side features beside registry, twins, methods and messages. */

import type { Configurations } from './configurations.ts'
import type { DigitalTwins } from './digital-twins.ts'
import type { EdgeGateways } from './edge.ts'
import type { ImportExportJobs, Jobs } from './jobs.ts'
import type { Queries } from './queries.ts'
import type { Snapshots } from './snapshots.ts'

/** Service-side features beside registry, twins, methods and messages. */
export interface Services {
  /** Queries over devices, modules and jobs. */
  readonly queries: Queries
  /** Automatic device configurations and edge deployments. */
  readonly configurations: Configurations
  /** Scheduled jobs. */
  readonly jobs: Jobs
  /** Import and export of the registry. */
  readonly importExport: ImportExportJobs
  /** Digital twins. */
  readonly digitalTwins: DigitalTwins
  /** Gateways of IoT Edge and their children. */
  readonly edge: EdgeGateways
  /** The whole state as JSON. */
  readonly snapshots: Snapshots
  /** Forgets configurations and jobs. */
  clear(): void
  /** Cancels what runs and stops watching the hub. */
  stop(): void
}
