/** What is said of a configuration, and what is kept of it. */

import type { ConfigurationContent } from './configuration-content.ts'

/** What a caller says of a configuration. */
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
