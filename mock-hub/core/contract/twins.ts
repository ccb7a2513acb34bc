/** Twins of devices and modules. */

import type { Identity } from './identity.ts'
import type { IfMatch } from './registry.ts'
import type { Json, JsonObject } from '../../base/json.ts'

/** A twin as the service sees it; see wire contract 3.3. Metadata included. */
export interface TwinDocument {
  readonly identity: Identity
  /** base64 of an 8-byte big-endian counter, bumped by service writes; without quotes. */
  readonly etag: string
  /** Counts every change. */
  readonly version: number
  readonly modelId: string
  readonly tags: JsonObject
  readonly desired: TwinSection
  readonly reported: TwinSection
}

export interface TwinSection {
  /** Without `$version` and `$metadata`. */
  readonly properties: JsonObject
  readonly version: number
  readonly metadata: JsonObject
}

/** A service's write: absent parts stay as they are. `null` for desired or tags clears it. */
export interface TwinUpdate {
  readonly tags?: JsonObject | null | undefined
  readonly desired?: JsonObject | null | undefined
}

export interface Twins {
  /** @throws HubError DeviceNotFound, ModuleNotFound. */
  get(identity: Identity): TwinDocument
  /** Merges. Notifies the device when desired was named. @throws HubError ArgumentInvalid, PreconditionFailed, … */
  patch(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /** Replaces tags and desired. */
  replace(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /**
   * A device's patch of its reported properties.
   * @param baseVersion `$version` of the request; stale: PreconditionFailed.
   * @returns the new `$version` of reported.
   */
  patchReported(identity: Identity, patch: Json, baseVersion?: number): number
  /** Puts twins as they are in the place of all there are: a snapshot's. Nobody is notified. */
  restore(documents: readonly TwinDocument[]): void
  /** Told of each change, after it happened. @returns stops listening. */
  onChange(listener: (change: TwinChange) => void): () => void
}

/** A change of a twin: what was asked for (nulls kept) and what came of it. */
export interface TwinChange {
  readonly type: 'patched' | 'replaced'
  readonly before: TwinDocument
  readonly twin: TwinDocument
  /** The sections that were named; without `$version` and `$metadata`. */
  readonly tags?: JsonObject | null | undefined
  readonly desired?: JsonObject | null | undefined
  readonly reported?: JsonObject | undefined
}
