import { HubConfigurations } from '../configurations/configurations.ts'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { BlobAccess, DocumentRenderer } from '../contract/services/documents.ts'
import type { Services } from '../contract/services/services.ts'
import { HubImportExportJobs } from '../jobs/import-export-jobs.ts'
import { deviceJobRows } from '../jobs/job-rows.ts'
import { HubJobs } from '../jobs/jobs.ts'
import { ContinuationTokens } from '../query/continuation-tokens.ts'
import { dialectOf } from '../query/parse.ts'
import { HubQueries } from '../query/queries.ts'
import { twinRows } from '../query/rows.ts'
import { HubDigitalTwins } from '../twins/digital-twins.ts'
import { startEventMessages } from './event-messages.ts'
import { HubSnapshots } from './snapshots.ts'

/**
 * Builds the service-side features of a hub: queries, configurations, jobs, digital twins, snapshots, event messages.
 * @param renderer renders documents of the service API.
 * @param blobs reads and writes the blobs of import and export jobs.
 */
export function createServices(hub: Hub, renderer: DocumentRenderer, blobs: BlobAccess): Services {
  const statusOf = (identity: Identity) => configurations.statusOf(identity)
  const devices = twinRows(hub, 'devices', renderer.twin, statusOf)
  const modules = twinRows(hub, 'devices.modules', renderer.twin, statusOf)
  const tokens = new ContinuationTokens()
  const collections = {
    devices,
    'devices.modules': modules,
    'devices.jobs': deviceJobRows(() => jobs.deviceJobs()),
  }
  const queries = new HubQueries(collections, dialectOf(hub.settings), tokens)
  const configurations = new HubConfigurations(hub, queries, renderer.time)
  const jobs: HubJobs = new HubJobs(hub, queries, tokens, renderer.time)
  const importExport = new HubImportExportJobs(hub, blobs, renderer)
  const stopEvents = startEventMessages(hub, renderer)
  return {
    queries,
    configurations,
    jobs,
    importExport,
    digitalTwins: new HubDigitalTwins(hub.twins),
    snapshots: new HubSnapshots(hub, configurations),
    stop() {
      stopEvents()
      configurations.stop()
      jobs.stop()
      importExport.stop()
    },
  }
}
