/** The plug-and-play view of device twins. */

import type { Json, JsonObject } from '../../../base/json.ts'
import type { IfMatch } from '../registry.ts'

/** One step of a JSON patch (RFC 6902); the service knows these three operations. */
export interface PatchStep {
  /** The operation. */
  readonly op: 'add' | 'replace' | 'remove'
  /** JSON pointer to the property. */
  readonly path: string
  /** The new value; not for `remove`. */
  readonly value?: Json | undefined
}

/** Digital twins. */
export interface DigitalTwins {
  /** The digital twin of a device. @throws HubError DeviceNotFound. */
  get(deviceId: string): { readonly document: JsonObject; readonly etag: string }
  /** Writes desired properties. @throws HubError DeviceNotFound, ArgumentInvalid, PreconditionFailed. */
  patch(deviceId: string, steps: readonly PatchStep[], ifMatch: IfMatch): { readonly etag: string }
}
