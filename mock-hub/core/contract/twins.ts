/** Twins of devices and modules. */

import type { Identity } from './identity.ts'
import type { IfMatch } from './registry.ts'
import type { Json, JsonObject } from '../../base/json.ts'

/** A twin with its metadata. */
export interface TwinDocument {
  /** Its device or module. */
  readonly identity: Identity
  /** base64 of an 8-byte big-endian counter of service writes; without quotes. */
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

/** A write of a back end. Left out: the part stays as it is; `null` clears it. */
export interface TwinUpdate {
  /** Tags. */
  readonly tags?: JsonObject | null | undefined
  /** Desired properties. */
  readonly desired?: JsonObject | null | undefined
}

/** The twins of devices and modules. */
export interface Twins {
  /** The twin of an identity. @throws HubError DeviceNotFound, ModuleNotFound. */
  get(identity: Identity): TwinDocument
  /**
   * Registers an identity whose twin begins with these tags and desired properties, at `$version` 1.
   * @param register - creates the identity; when it throws, or the update is refused, nothing has changed.
   * @throws HubError as `register` and `patch`.
   */
  begin(identity: Identity, update: TwinUpdate, register: () => void): void
  /** Merges tags and desired; notifies the device when desired is given. @throws HubError ArgumentInvalid, PreconditionFailed, … */
  patch(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /** Replaces tags and desired; notifies the device when desired is given. @throws HubError as `patch`. */
  replace(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /**
   * A device's patch of its reported properties.
   * @param baseVersion `$version` of the request.
   * @throws HubError ArgumentInvalid; PreconditionFailed when `baseVersion` is not the current version.
   * @returns the new `$version` of reported.
   */
  patchReported(identity: Identity, patch: Json, baseVersion?: number): number
  /** Replaces all twins by those of a snapshot. No device is notified. */
  restore(documents: readonly TwinDocument[]): void
  /** The listener is called after each change. @returns stops listening. */
  onChange(listener: (change: TwinChange) => void): () => void
}

/** A change of a twin: the patch (nulls kept), and the twin before and after. */
export interface TwinChange {
  /** Whether the change was merged or replaced the sections. */
  readonly type: 'patched' | 'replaced'
  /** The twin before the change. */
  readonly before: TwinDocument
  /** The twin after the change. */
  readonly twin: TwinDocument
  /** The sections of the patch; without `$version` and `$metadata`. */
  readonly tags?: JsonObject | null | undefined
  /** The requested desired properties; undefined: unchanged. */
  readonly desired?: JsonObject | null | undefined
  /** The requested reported properties; undefined: unchanged. */
  readonly reported?: JsonObject | undefined
}
