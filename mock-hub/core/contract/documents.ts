/** What the service-side features ask of a border: how things look on the wire. */

import type { JsonObject } from '../../base/json.ts'
import type { IdentityRecord } from './registry.ts'
import type { TwinDocument } from './twins.ts'

/** How a border shows things; the core knows no wire shapes. */
export interface DocumentRenderer {
  readonly twin: (record: IdentityRecord, twin: TwinDocument) => JsonObject
  /** ISO 8601 with seven fraction digits. */
  readonly time: (ms: number) => string
  readonly registryFile: RegistryFile
}

/** The lines of a registry file; the border owns their shape. */
export interface RegistryFile {
  line(record: IdentityRecord, keys: boolean): JsonObject
  /** Makes one change. @throws HubError. */
  apply(entry: JsonObject): void
}
