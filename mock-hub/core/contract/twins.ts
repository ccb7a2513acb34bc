/** Twins of devices and modules. */

import type { Identity } from './identity.ts'
import type { IfMatch } from './registry.ts'
import type { Json, JsonObject } from '../../base/json.ts'

/** A twin with its metadata (docs/contract/twins.md). */
export interface TwinDocument {
  /** Its device or module. */
  readonly identity: Identity
  /** Base64 of an 8-byte big-endian counter, which writes of the service increment; without quotes. */
  readonly etag: string
  /** Counts every change. */
  readonly version: number
  /** Model ID that the device announced; empty: none. */
  readonly modelId: string
  /** Tags, which only the service sees. */
  readonly tags: JsonObject
  /** Desired properties. */
  readonly desired: TwinSection
  /** Reported properties. */
  readonly reported: TwinSection
}

/** Desired or reported properties of a twin. */
export interface TwinSection {
  /** Without `$version` and `$metadata`. */
  readonly properties: JsonObject
  /** `$version`. */
  readonly version: number
  /** `$metadata`. */
  readonly metadata: JsonObject
}

/** A write of the service. Absent parts do not change; null clears a part. */
export interface TwinUpdate {
  /** Tags. */
  readonly tags?: JsonObject | null | undefined
  /** Desired properties. */
  readonly desired?: JsonObject | null | undefined
  /** More metadata for values of `desired`: a tree of the same shape with an object in place of each value. */
  readonly desiredMetadata?: JsonObject | undefined
}

/** Desired or reported properties that a bulk entry or an import file brings along. */
export interface SectionImport {
  /** Without `$version` and `$metadata`. */
  readonly properties: JsonObject
  /** `$metadata`, which wins over the metadata that there is. Default: the hub stamps the nodes. */
  readonly metadata?: JsonObject | undefined
  /** `$version`; read together with `metadata` only. Default: 1 at the beginning, otherwise the next one. */
  readonly version?: number | undefined
}

/** The parts of a twin that a bulk entry or an import file brings along; absent parts do not change. */
export interface TwinImport {
  /** Tags; null: none. */
  readonly tags?: JsonObject | null | undefined
  /** Desired properties. */
  readonly desired?: SectionImport | undefined
  /** Reported properties. */
  readonly reported?: SectionImport | undefined
}

/** The twins of devices and modules. */
export interface Twins {
  /** The twin of an identity. @throws HubError DeviceNotFound, ModuleNotFound. */
  get(identity: Identity): TwinDocument
  /**
   * Registers an identity whose twin begins with these parts, at `$version` 1 unless they say more.
   * @param register - creates the identity; when it throws, or the twin is refused, nothing has changed.
   * @throws HubError as `register` and `patch`.
   */
  begin(identity: Identity, twin: TwinImport, register: () => void): void
  /**
   * Merges tags and desired properties, and notifies the device of desired properties.
   * @param ifMatch - `*` or the current etag; undefined: any etag.
   * @throws HubError DeviceNotFound, ModuleNotFound, ArgumentInvalid, PreconditionFailed.
   */
  patch(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /** Replaces tags and desired properties, and notifies the device. @throws HubError as `patch`. */
  replace(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /** Overwrites parts of a twin by those of an import file, and notifies the device. @throws HubError as `patch`. */
  overwrite(identity: Identity, twin: TwinImport, ifMatch: IfMatch): TwinDocument
  /**
   * Merges reported properties, as a device does.
   * @param baseVersion - `$version` of the request; undefined: any version.
   * @returns the new `$version`.
   * @throws HubError ArgumentInvalid; PreconditionFailed when the base version is not the current one.
   */
  patchReported(identity: Identity, patch: Json, baseVersion?: number): number
  /** Replaces all twins by those of a snapshot, unchanged. No device is notified. */
  restore(documents: readonly TwinDocument[]): void
  /** Calls the listener after each change. @returns stops listening. */
  onChange(listener: (change: TwinChange) => void): () => void
  /** Calls the listener with the last twin of each identity that is deleted. @returns stops listening. */
  onRemove(listener: (twin: TwinDocument) => void): () => void
}

/** A change of a twin: the requested change (with its nulls) and the result. */
export interface TwinChange {
  /** Whether the change was merged or replaced the sections. */
  readonly type: 'patched' | 'replaced'
  /** The twin before the change. */
  readonly before: TwinDocument
  /** The twin after the change. */
  readonly twin: TwinDocument
  /** The requested tags; undefined: unchanged. */
  readonly tags?: JsonObject | null | undefined
  /** The requested desired properties; undefined: unchanged. */
  readonly desired?: JsonObject | null | undefined
  /** The requested reported properties; undefined: unchanged. */
  readonly reported?: JsonObject | undefined
}
