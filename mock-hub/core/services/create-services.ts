import { startEventMessages } from '../events/event-messages.ts'
import { HubConfigurations } from '../configurations/configurations.ts'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { BlobAccess, DocumentRenderer } from '../contract/services/documents.ts'
import type { Services } from '../contract/services/services.ts'
import { HubImportExportJobs } from '../jobs/import-export-jobs.ts'
import { deviceJobRows } from '../jobs/job-rows.ts'
import { HubJobs } from '../jobs/jobs.ts'
import { ContinuationTokens } from '../query/continuation-tokens.ts'
import { QueryLag } from '../query/lag/query-lag.ts'
import { dialectOf } from '../query/parse.ts'
import { HubQueries, type Collections } from '../query/queries.ts'
import { twinRows, type TwinSource } from '../query/rows.ts'
import { HubDigitalTwins } from '../twins/digital-twins.ts'
import { HubEdgeGateways } from './edge-gateways.ts'
import { HubSnapshots } from './snapshots.ts'
import { keptKey } from '../store/kept-key.ts'

/**
 * Builds the service-side features of a hub: queries, configurations, jobs, digital twins, Edge gateways, snapshots, event messages.
 * @param renderer renders documents of the service API.
 * @param blobs reads and writes the blobs of import and export jobs.
 */
export function createServices(hub: Hub, renderer: DocumentRenderer, blobs: BlobAccess): Services {
  const statusOf = (identity: Identity) => configurations.statusOf(identity)
  const tokens = new ContinuationTokens(keptKey(hub.commits, 'queryPages'))
  const jobRows = deviceJobRows(() => jobs.deviceJobs())
  const collectionsOf = (source: TwinSource): Collections => ({
    devices: twinRows(source, 'devices', renderer.twin, statusOf),
    'devices.modules': twinRows(source, 'devices.modules', renderer.twin, statusOf),
    'devices.jobs': jobRows,
  })
  const lag = new QueryLag(hub)
  const queries = new HubQueries(collectionsOf(hub), {
    dialect: dialectOf(hub.settings),
    tokens,
    lagging() {
      const view = lag.view()
      return view === undefined ? undefined : collectionsOf(view)
    },
  })
  const configurations = new HubConfigurations(hub, queries, renderer.time)
  const jobs: HubJobs = new HubJobs(hub, queries, tokens, renderer.time)
  const importExport = new HubImportExportJobs(hub, configurations, blobs, renderer)
  const stopEvents = startEventMessages(hub, renderer.time)
  return {
    queries,
    configurations,
    jobs,
    importExport,
    digitalTwins: new HubDigitalTwins(hub.twins),
    edge: new HubEdgeGateways(hub.registry),
    snapshots: new HubSnapshots(hub, configurations, lag),
    clear() {
      configurations.clear()
      jobs.clear()
      importExport.clear()
      lag.reset()
    },
    stop() {
      stopEvents()
      configurations.stop()
      jobs.clear()
      importExport.clear()
      lag.stop()
    },
  }
}
