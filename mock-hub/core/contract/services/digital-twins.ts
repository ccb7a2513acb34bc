/** The plug-and-play view of device twins. */

import type { Json, JsonObject } from '../../../base/json.ts'
import type { IfMatch } from '../registry.ts'

/** One step of a JSON patch (RFC 6902); the service knows these three operations. */
export interface PatchStep {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: Json | undefined
}

export interface DigitalTwins {
  /** @throws HubError DeviceNotFound. */
  get(deviceId: string): { readonly document: JsonObject; readonly etag: string }
  /** Writes desired properties. @throws HubError DeviceNotFound, ArgumentInvalid, PreconditionFailed. */
  patch(deviceId: string, steps: readonly PatchStep[], ifMatch: IfMatch): { readonly etag: string }
}
