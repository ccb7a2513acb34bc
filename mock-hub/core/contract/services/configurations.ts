/** Automatic device configurations and edge deployments. */

import type { JsonObject } from '../../../base/json.ts'
import type { IfMatch } from '../registry.ts'

/** The content of a configuration. Keys of a section are paths: `properties.desired` or `properties.desired.a.b`. */
export interface ConfigurationContent {
  /** For devices. */
  readonly deviceContent?: JsonObject | null | undefined
  /** For the modules of edge devices, by module ID. */
  readonly modulesContent?: Readonly<Record<string, JsonObject>> | null | undefined
  /** For modules. */
  readonly moduleContent?: JsonObject | null | undefined
}

/** The fields of a configuration that a caller may set. */
export interface ConfigurationSpec {
  /** Version of the schema of the content; the hub keeps it and does not read it. Default: none. */
  readonly schemaVersion?: string | null | undefined
  /** Labels. Default: none. */
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  /** The content; it cannot be changed later. */
  readonly content?: ConfigurationContent | null | undefined
  /** The identities that it applies to; `*`: all. Default: none. */
  readonly targetCondition?: string | null | undefined
  /** The configuration with the highest priority wins. Default: 0. */
  readonly priority?: number | null | undefined
  /** Queries by the name of the metric. Default: none. */
  readonly metrics?: Readonly<Record<string, string>> | null | undefined
}

/** A configuration in a snapshot. */
export interface StoredConfiguration {
  /** ID of the configuration. */
  readonly id: string
  /** The content. */
  readonly content: ConfigurationContent
  /** Version of the schema of the content; undefined or null: none was given. */
  readonly schemaVersion?: string | null | undefined
  /** Labels; null: none were given. */
  readonly labels: Readonly<Record<string, string>> | null
  /** The identities that it applies to; `*`: all; empty: none. */
  readonly targetCondition: string
  /** The configuration with the highest priority wins. */
  readonly priority: number
  /** Queries by the name of the metric. */
  readonly metrics: Readonly<Record<string, string>>
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms. */
  readonly updatedAt: number
  /** Etag, without quotes. */
  readonly etag: string
}

/** A configuration as the service API returns it. */
export type ConfigurationDocument = JsonObject & { readonly etag: string }

/** Automatic device configurations and edge deployments. */
export interface Configurations {
  /**
   * Creates a configuration, or updates one when `ifMatch` has a condition. A new one has the etag of 1.
   * @throws HubError ConfigurationAlreadyExists, ConfigurationNotFound, PreconditionFailed,
   *   ConfigurationCountLimitExceeded, InvalidConfigurationTargetCondition, InvalidConfigurationContent,
   *   CannotModifyImmutableConfigurationContent, InvalidConfigurationCustomMetricsQuery, ArgumentInvalid.
   */
  put(id: string, spec: ConfigurationSpec, ifMatch: IfMatch): ConfigurationDocument
  /** The document of a configuration. @throws HubError ConfigurationNotFound. */
  get(id: string): ConfigurationDocument
  /** Whether there is such a configuration. */
  has(id: string): boolean
  /** The documents of the oldest configurations, oldest first. @param top - maximum number of documents. */
  list(): readonly JsonObject[]
  /** Deletes a configuration; the properties that it has written stay. @throws HubError ConfigurationNotFound, PreconditionFailed. */
  remove(id: string, ifMatch: IfMatch): void
  /** Deletes all configurations. */
  clear(): void
  /** Checks a target condition and queries. @returns a document with their errors; empty texts: no error. */
  test(targetCondition: string | undefined, queries: Readonly<Record<string, string>>): JsonObject
  /**
   * Applies content to one edge device: its modules become those of the content.
   * @throws HubError DeviceNotFound, InvalidConfigurationContent.
   */
  applyContent(deviceId: string, content: ConfigurationContent): void
}
