/** Configurations in request bodies and in files, and their conversion for the core. */

import type { JsonObject } from '../../base/json.ts'
import { ifMatchOf } from '../../core/contract/etag.ts'
import type { ConfigurationContent, ConfigurationSpec } from '../../core/contract/services/configurations.ts'
import type { ConfigurationLine } from '../../core/contract/services/documents.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { lineReader } from '../common/line-reader.ts'

/** What the hub itself writes (times, etag, system metrics, results) may stand in a body, and does not count. */
export interface ConfigurationBody {
  id?: string | null
  schemaVersion?: string | null
  labels?: Record<string, string> | null
  content?: ConfigurationContent | null
  targetCondition?: string | null
  priority?: number | null
  metrics?: { queries?: Record<string, string> | null } | null
}

export const TEXT = { type: ['string', 'null'] } as const
export const TEXTS = { type: ['object', 'null'], additionalProperties: { type: 'string' } } as const
const OBJECT = { type: ['object', 'null'] } as const

export const CONTENT = {
  type: ['object', 'null'],
  properties: {
    deviceContent: OBJECT,
    moduleContent: OBJECT,
    modulesContent: { type: ['object', 'null'], additionalProperties: { type: 'object' } },
  },
} as const

/** JSON schema of the body above. */
export const CONFIGURATION = {
  type: 'object',
  properties: {
    id: TEXT,
    schemaVersion: TEXT,
    labels: TEXTS,
    content: CONTENT,
    targetCondition: TEXT,
    priority: { type: ['integer', 'null'], minimum: 0, maximum: 2 ** 31 - 1 },
    metrics: { type: ['object', 'null'], properties: { queries: TEXTS } },
  },
} as const

export function specOf({
  schemaVersion,
  labels,
  content,
  targetCondition,
  priority,
  metrics,
}: ConfigurationBody): ConfigurationSpec {
  return { schemaVersion, labels, content, targetCondition, priority, metrics: metrics?.queries }
}

type FileLine = ConfigurationBody & { id: string; importMode?: string | null; etag?: string | null }

const readLine = lineReader({
  ...CONFIGURATION,
  required: ['id'],
  properties: { ...CONFIGURATION.properties, id: { type: 'string' }, importMode: TEXT, etag: TEXT },
})

/** The only mode that configurations have. */
const MODE = 'createOrUpdateIfMatchETag'

/** A configuration in a file (WIRE-JOB-07). @throws HubError as a body that cannot be read; ArgumentInvalid. */
export function configurationLine(entry: JsonObject): ConfigurationLine {
  // The schema is that of a line.
  const { id, importMode, etag, ...body } = readLine(entry) as FileLine
  if (importMode != null && importMode.toLowerCase() !== MODE.toLowerCase())
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-JOB-07',
      expected: `importMode ${MODE}, or none`,
      received: quoted(importMode),
    })
  return { id, spec: specOf(body), ifMatch: ifMatchOf(etag) }
}
