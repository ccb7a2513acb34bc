/** Direct methods: a back end or a module invokes a method of a device and waits for its response. */

import type { Identity } from './identity.ts'
import type { Json } from '../../base/json.ts'

/** Limit of the payload of a call, and of its answer (WIRE-METH-12). */
export const LARGEST_METHOD_PAYLOAD_BYTES = 131_072

/** A call of a direct method. */
export interface MethodCall {
  /** Name of the method. */
  readonly methodName: string
  /**
   * A JSON value, or JSON text, which the device receives as it is written: for the string `on` give `'"on"'`. Default: the
   * device receives an empty body, as when a REST caller gives no `payload`.
   */
  readonly payload?: Json | undefined
  /** How long to wait for the response, in seconds, 5 to 300. Default: 30. */
  readonly responseTimeoutInSeconds?: number | undefined
  /** How long to wait for the device to connect, in seconds, 0 to 300. Default: 0. */
  readonly connectTimeoutInSeconds?: number | undefined
}

/** The response of a device. */
export interface MethodResult {
  /** Status that the device chose. */
  readonly status: number
  /** The value of the payload: null when it is empty, its text when it is not JSON. */
  readonly payload: Json
  /** The payload as the device sent it; REST callers receive these bytes (WIRE-METH-22). */
  readonly body: Buffer
}

/** Invokes direct methods. */
export interface Methods {
  /**
   * Invokes a method and waits for its response.
   * @param target - the device or module.
   * @param call - name, payload and timeouts.
   * @param signal - ends the wait.
   * @throws HubError DeviceNotFound, ModuleNotFound, DeviceNotOnline, GatewayTimeout, ArgumentInvalid, MessageTooLarge,
   *   DeviceMaximumInflightMethodExceeded, OperationNotAvailableInCurrentTier.
   */
  invoke(target: Identity, call: MethodCall, signal?: AbortSignal): Promise<MethodResult>
}
