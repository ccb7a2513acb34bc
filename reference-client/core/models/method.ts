/** Direct methods: the request, the response, and what `invokeMethod` takes and returns. */

import type { JsonValue } from './json.ts'

/**
 * A direct method request. Respond with `sendMethodResponse`.
 *
 * @example
 * ```ts
 * import { type IoTHubDeviceClient, MethodRequest } from 'mock-iot-hub-client'
 *
 * export function logMethods(client: IoTHubDeviceClient): void {
 *   client.onMethodRequestReceived = (request: MethodRequest) => {
 *     console.log(request.name, request.payload)
 *   }
 * }
 * ```
 */
export class MethodRequest {
  readonly #requestId: string
  readonly #name: string
  readonly #payload: JsonValue

  /**
   * @param requestId - identifies the request and its response.
   * @param name - name of the method.
   * @param payload - argument of the method; `null` when there is none.
   */
  constructor(requestId: string, name: string, payload: JsonValue) {
    this.#requestId = requestId
    this.#name = name
    this.#payload = payload
  }

  /** Identifies the request. */
  get requestId(): string {
    return this.#requestId
  }

  /** The name of the method. */
  get name(): string {
    return this.#name
  }

  /** The argument of the method; `null` when there is none. */
  get payload(): JsonValue {
    return this.#payload
  }
}

/**
 * The response to a method request.
 *
 * @example
 * ```ts
 * import { MethodResponse, type IoTHubDeviceClient } from 'mock-iot-hub-client'
 *
 * export function answerReboots(client: IoTHubDeviceClient): void {
 *   client.onMethodRequestReceived = async (request) => {
 *     const status = request.name === 'reboot' ? 200 : 404
 *     await client.sendMethodResponse(MethodResponse.createFromMethodRequest(request, status))
 *   }
 * }
 * ```
 */
export class MethodResponse {
  /** The id of the request. */
  requestId: string
  /** Any whole number; the caller of the method receives it. */
  status: number
  /** The payload that the caller of the method receives. Default `null`. */
  payload: JsonValue | undefined

  /**
   * @param requestId - id of the request.
   * @param status - any whole number.
   * @param payload - payload that the caller receives.
   */
  constructor(requestId: string, status: number, payload?: JsonValue) {
    this.requestId = requestId
    this.status = status
    this.payload = payload
  }

  /** Creates the response to a request. */
  static createFromMethodRequest(
    methodRequest: MethodRequest,
    status: number,
    payload?: JsonValue,
  ): MethodResponse {
    return new MethodResponse(methodRequest.requestId, status, payload)
  }
}

/**
 * The arguments of `invokeMethod`.
 *
 * @example
 * ```ts
 * import type { MethodParams } from 'mock-iot-hub-client'
 *
 * export const reboot: MethodParams = {
 *   methodName: 'reboot',
 *   payload: { delay: 5 },
 *   responseTimeoutInSeconds: 30,
 * }
 * ```
 */
export interface MethodParams {
  /** The name of the method. */
  readonly methodName: string
  /** The argument of the method. */
  readonly payload?: JsonValue
  /** How long the hub waits for the target to be connected, in seconds. */
  readonly connectTimeoutInSeconds?: number
  /** How long the hub waits for the response, in seconds. */
  readonly responseTimeoutInSeconds?: number
}

/**
 * The result of `invokeMethod`.
 *
 * @example
 * ```ts
 * import type { IoTHubModuleClient, MethodResult } from 'mock-iot-hub-client'
 *
 * export async function rebootAll(client: IoTHubModuleClient, deviceIds: string[]): Promise<MethodResult[]> {
 *   return Promise.all(deviceIds.map((deviceId) => client.invokeMethod({ methodName: 'reboot' }, deviceId)))
 * }
 * ```
 */
export interface MethodResult {
  /** The status of the method response. */
  readonly status: number
  /** The payload of the method response; `null` when it is empty. */
  readonly payload: JsonValue
}
