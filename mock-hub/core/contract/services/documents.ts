/** What the service-side features ask of an adapter: the documents of the service API, and the blobs of import and export jobs. */

import type { JsonObject } from '../../../base/json.ts'
import type { IdentityRecord } from '../registry.ts'
import type { TwinDocument } from '../twins.ts'
import type { ConfigurationSpec } from './configurations.ts'

/** Renders records as the documents of the service API; the core knows none of these formats. */
export interface DocumentRenderer {
  readonly twin: (record: IdentityRecord, twin: TwinDocument) => JsonObject
  /** @param ms epoch ms. @returns ISO 8601 with seven fraction digits. */
  readonly time: (ms: number) => string
  readonly registryFile: RegistryFile
}

/** The lines of the files of import and export jobs; the adapter defines their format. */
export interface RegistryFile {
  /** @param keys whether the line holds the keys of the identity. */
  line(record: IdentityRecord, keys: boolean): JsonObject
  /** Makes the change that a line describes. @throws HubError. */
  apply(entry: JsonObject): void
  /** The configuration that a line describes. @throws HubError. */
  configuration(entry: JsonObject): ConfigurationLine
}

/** A configuration in a file. */
export interface ConfigurationLine {
  readonly id: string
  readonly spec: ConfigurationSpec
  /** The `If-Match` with which one that exists is changed. */
  readonly ifMatch: string
}

/** Reads and writes text blobs of a container, by its URI with SAS. */
export interface BlobAccess {
  /** @throws HubError InvalidStorageEndpointOrBlob. */
  read(containerUri: string, blobName: string): Promise<string>
  /** @throws HubError InvalidStorageEndpointOrBlob. */
  write(containerUri: string, blobName: string, text: string): Promise<void>
}
