/** What the service-side features ask of a border: how things look on the wire. */

import type { IdentityRecord, JsonObject, TwinDocument } from './contract.ts'
import type { RegistryFile } from './jobs-import-export.ts'

/** How a border shows things; the core knows no wire shapes. */
export interface ServiceShapes {
  readonly twin: (record: IdentityRecord, twin: TwinDocument) => JsonObject
  /** ISO 8601 with seven fraction digits. */
  readonly time: (ms: number) => string
  readonly registryFile: RegistryFile
}
