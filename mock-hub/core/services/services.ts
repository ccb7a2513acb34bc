/** The service-side features that stand beside the hub's core: queries, configurations, jobs, event messages. */

import { Configurations } from '../configurations/configurations.ts'
import type { Hub } from '../contract/hub.ts'
import { startEventMessages } from './event-messages.ts'
import { ImportExportJobs, type BlobAccess } from '../jobs/import-export-jobs.ts'
import { deviceJobRows } from '../jobs/job-rows.ts'
import { Jobs } from '../jobs/jobs.ts'
import type { DocumentRenderer } from '../contract/documents.ts'
import { Queries } from '../query/queries.ts'
import { twinRows } from '../query/rows.ts'

export interface Services {
  readonly queries: Queries
  readonly configurations: Configurations
  readonly jobs: Jobs
  readonly importExport: ImportExportJobs
  /** Ends what runs and watches. */
  stop(): void
}

/** @param blobs reads and writes the blobs of import and export jobs. */
export function createServices(hub: Hub, shapes: DocumentRenderer, blobs: BlobAccess): Services {
  const configurationsOf = (identity: { deviceId: string; moduleId?: string }) =>
    configurations.statusOf(identity)
  const devices = twinRows(hub, 'devices', shapes.twin, configurationsOf)
  const modules = twinRows(hub, 'devices.modules', shapes.twin, configurationsOf)
  const queries: Queries = new Queries({
    devices,
    'devices.modules': modules,
    'devices.jobs': deviceJobRows(() => jobs.deviceJobs()),
  })
  const configurations: Configurations = new Configurations(
    hub,
    queries,
    { devices, 'devices.modules': modules },
    shapes.time,
  )
  const jobs: Jobs = new Jobs(hub, queries, shapes.time)
  const importExport = new ImportExportJobs(hub, blobs, shapes)
  const stopEvents = startEventMessages(hub, shapes)
  return {
    queries,
    configurations,
    jobs,
    importExport,
    stop() {
      stopEvents()
      configurations.stop()
      jobs.stop()
      importExport.stop()
    },
  }
}
