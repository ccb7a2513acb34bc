/** Automatic device configurations and edge deployments. */

import type { JsonObject } from '../../../base/json.ts'
import type { IfMatch } from '../registry.ts'

/** What a configuration writes. Keys of a section are paths: `properties.desired` or `properties.desired.a.b`. */
export interface ConfigurationContent {
  readonly deviceContent?: JsonObject | null | undefined
  /** By module id; of an edge deployment. */
  readonly modulesContent?: Readonly<Record<string, JsonObject>> | null | undefined
  readonly moduleContent?: JsonObject | null | undefined
}

/** What a caller gives to create or change a configuration. */
export interface ConfigurationSpec {
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  readonly content?: ConfigurationContent | null | undefined
  /** `*`: all; empty: none. */
  readonly targetCondition?: string | null | undefined
  readonly priority?: number | null | undefined
  /** Queries by name of the metric. */
  readonly metrics?: Readonly<Record<string, string>> | null | undefined
}

/** A configuration as a snapshot keeps it. */
export interface StoredConfiguration {
  readonly id: string
  readonly content: ConfigurationContent
  readonly labels: Readonly<Record<string, string>>
  readonly targetCondition: string
  readonly priority: number
  readonly metrics: Readonly<Record<string, string>>
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms. */
  readonly updatedAt: number
  readonly etag: string
}

/** A configuration as the service API shows it. */
export type ConfigurationDocument = JsonObject & { readonly etag: string }

export interface Configurations {
  /**
   * Creates a configuration (without `ifMatch`) or changes one.
   * @throws HubError ConfigurationAlreadyExists, ConfigurationNotFound, PreconditionFailed,
   *   ConfigurationCountLimitExceeded, InvalidConfigurationTargetCondition, InvalidConfigurationContent,
   *   CannotModifyImmutableConfigurationContent, InvalidConfigurationCustomMetricsQuery, ArgumentInvalid.
   */
  put(
    id: string,
    spec: ConfigurationSpec,
    ifMatch: IfMatch,
  ): { readonly document: ConfigurationDocument; readonly created: boolean }
  /** @throws HubError ConfigurationNotFound. */
  get(id: string): ConfigurationDocument
  /** @param top at most so many, oldest first. */
  list(top: number): readonly JsonObject[]
  /** What the configuration has written stays in the twins. @throws HubError ConfigurationNotFound, PreconditionFailed. */
  remove(id: string, ifMatch: IfMatch): void
  /** Removes all of them. */
  clear(): void
  /** The errors of a condition and of queries, as a document; empty texts: none. */
  test(targetCondition: string | undefined, queries: Readonly<Record<string, string>>): JsonObject
  /** Applies a content to one device now. @throws HubError DeviceNotFound, InvalidConfigurationContent. */
  applyContent(deviceId: string, content: ConfigurationContent): void
}
