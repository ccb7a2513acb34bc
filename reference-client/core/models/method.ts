/** Direct methods: the request, the response, and what `invokeMethod` takes and returns. */

import type { JsonValue } from './json.ts'

/**
 * A direct method that the hub asks this client to run. Answer it with `sendMethodResponse`.
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
   * @param requestId - identifies the request; its response repeats it.
   * @param name - the method.
   * @param payload - its argument; `null` when there was none.
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

  /** The method. */
  get name(): string {
    return this.#name
  }

  /** Its argument; `null` when there was none. */
  get payload(): JsonValue {
    return this.#payload
  }
}

/**
 * The answer to a method request.
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
  /** Of the request that is answered. */
  requestId: string
  /** Any whole number; the caller of the method gets it. */
  status: number
  /** What the caller of the method gets; `null` when left out. */
  payload: JsonValue | undefined

  /**
   * @param requestId - of the request that is answered.
   * @param status - any whole number.
   * @param payload - what the caller gets.
   */
  constructor(requestId: string, status: number, payload?: JsonValue) {
    this.requestId = requestId
    this.status = status
    this.payload = payload
  }

  /** A response to that request. */
  static createFromMethodRequest(
    methodRequest: MethodRequest,
    status: number,
    payload?: JsonValue,
  ): MethodResponse {
    return new MethodResponse(methodRequest.requestId, status, payload)
  }
}

/**
 * What `invokeMethod` sends.
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
  /** The method to run. */
  readonly methodName: string
  /** Its argument. */
  readonly payload?: JsonValue
  /** How long the hub waits for the target to be connected, in seconds. */
  readonly connectTimeoutInSeconds?: number
  /** How long the hub waits for the response, in seconds. */
  readonly responseTimeoutInSeconds?: number
}

/**
 * What `invokeMethod` gets.
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
  /** The status that the method answered. */
  readonly status: number
  /** What it returned; `null` when it returned nothing. */
  readonly payload: JsonValue
}
