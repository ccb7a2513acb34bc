/** Direct methods: a back end or a module calls a device and waits for its response. */

import type { Identity } from './identity.ts'
import type { Json } from '../../base/json.ts'

/** Limit of the payload of a call, and of its answer (WIRE-METH-12). */
export const LARGEST_METHOD_PAYLOAD_BYTES = 131_072

export interface MethodCall {
  readonly methodName: string
  /** JSON text for the device; undefined: the caller gave no `payload`, and the device gets an empty body. */
  readonly payload: string | undefined
  /** Seconds, 5 to 300; default 30. */
  readonly responseTimeoutInSeconds?: number | undefined
  /** Seconds, 0 to 300; default 0. */
  readonly connectTimeoutInSeconds?: number | undefined
}

export interface MethodResult {
  readonly status: number
  readonly payload: Json
}

export interface Methods {
  /** @throws HubError DeviceNotFound, ModuleNotFound, DeviceNotOnline, GatewayTimeout, ArgumentInvalid, … */
  invoke(target: Identity, call: MethodCall, signal?: AbortSignal): Promise<MethodResult>
}
