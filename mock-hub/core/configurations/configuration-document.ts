import { objectOf } from '../../base/json.ts'
import type { ConfigurationDocument } from '../contract/services/configurations.ts'
import { AGENT, contentDocument, isDeployment } from './configuration-content.ts'
import type { Configuration } from './configuration.ts'

/** What a document says beside the configuration itself. */
export interface DocumentContext {
  /** Renders epoch ms. */
  readonly time: (ms: number) => string
  /** Undefined: nothing has been counted yet. */
  readonly counts: ConfigurationCounts | undefined
}

export interface ConfigurationCounts {
  /** Identities that it targets. */
  readonly targeted: number
  /** Identities that it has been applied to. */
  readonly applied: number
  /** Number of rows that a metric's query gives. */
  readonly rowsOf: (query: string) => number
}

/** A configuration as the service API shows it. */
export function configurationDocument(
  configuration: Configuration,
  { time, counts }: DocumentContext,
): ConfigurationDocument {
  const { id, targets, targetCondition, metrics } = configuration
  const from = targets?.from ?? 'devices'
  const columns = from === 'devices' ? 'deviceId' : 'deviceId, moduleId'
  const condition = targetCondition.replace(/^\s*from\s+devices\.modules\s+where\s+/i, '')
  return {
    id,
    schemaVersion: configuration.schemaVersion ?? null,
    labels: configuration.labels === null ? null : { ...configuration.labels },
    content: contentDocument(configuration.content),
    targetCondition,
    createdTimeUtc: time(configuration.createdAt),
    lastUpdatedTimeUtc: time(configuration.updatedAt),
    priority: configuration.priority,
    systemMetrics: {
      results: counts === undefined ? {} : { targetedCount: counts.targeted, appliedCount: counts.applied },
      queries: {
        targetedCount: `select ${columns} from ${from}${condition === '*' ? '' : ` where ${condition}`}`,
        appliedCount: isDeployment(configuration.content)
          ? `select deviceId from devices.modules where moduleId = '${AGENT}' and configurations.[[${id}]].status = 'Applied'`
          : `select ${columns} from ${from} where configurations.[[${id}]].status = 'Applied'`,
      },
    },
    metrics: {
      results:
        counts === undefined
          ? {}
          : objectOf(Object.entries(metrics).map(([name, query]) => [name, counts.rowsOf(query)] as const)),
      queries: { ...metrics },
    },
    etag: configuration.etag,
  }
}
