/** The result of a registration, by its documented names. */

import type { JsonObject, JsonValue } from '../core/models/json.ts'

/**
 * Where the device was assigned, and when.
 *
 * @example
 * ```ts
 * import type { RegistrationState } from 'mock-iot-hub-client'
 *
 * export function addressOf({ assignedHub, deviceId }: RegistrationState): string {
 *   return `${deviceId} at ${assignedHub}`
 * }
 * ```
 */
export interface RegistrationState {
  /** The device id in its hub. */
  readonly deviceId: string
  /** Host name of the hub. */
  readonly assignedHub: string
  /** `initialAssignment`, `deviceDataMigrated` or `deviceDataReset`. */
  readonly subStatus: string
  /** ISO 8601, UTC. */
  readonly createdDateTime: string
  /** ISO 8601, UTC. */
  readonly lastUpdateDateTime: string
  /** Changes with each registration. */
  readonly etag: string
  /** What a custom allocation returned, as JSON text; `null` without one. */
  readonly responsePayload: string
}

/**
 * The result of {@link ProvisioningDeviceClient.register}.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, type RegistrationResult } from 'mock-iot-hub-client'
 *
 * export function deviceOf(result: RegistrationResult, key: string): IoTHubDeviceClient {
 *   const { assignedHub, deviceId } = result.registrationState
 *   return IoTHubDeviceClient.createFromSymmetricKey(key, assignedHub, deviceId)
 * }
 * ```
 */
export interface RegistrationResult {
  /** The id of the operation at the service. */
  readonly operationId: string
  /** `assigned`. */
  readonly status: string
  /** Where the device was assigned. */
  readonly registrationState: RegistrationState
}

/** The body of an answer: the members that are texts, and the state. */
export interface AnswerBody {
  readonly operationId: string | undefined
  readonly status: string | undefined
  readonly state: JsonObject | undefined
}

/** @throws SyntaxError when the text is not JSON, TypeError when it is not an object. */
export function readAnswer(text: string): AnswerBody {
  const value = JSON.parse(text) as JsonValue
  if (!isObject(value)) throw new TypeError('The answer of the provisioning service is not an object')
  const state = member(value, 'registrationState')
  return {
    operationId: textMember(value, 'operationId'),
    status: textMember(value, 'status'),
    state: isObject(state) ? state : undefined,
  }
}

/** @returns undefined: the state does not say where the device is. */
export function resultFrom(
  operationId: string,
  status: string,
  state: JsonObject,
): RegistrationResult | undefined {
  const deviceId = textMember(state, 'deviceId')
  const assignedHub = textMember(state, 'assignedHub')
  if (deviceId === undefined || assignedHub === undefined) return undefined
  const registrationState: RegistrationState = Object.freeze({
    deviceId,
    assignedHub,
    subStatus: textMember(state, 'substatus') ?? '',
    createdDateTime: textMember(state, 'createdDateTimeUtc') ?? '',
    lastUpdateDateTime: textMember(state, 'lastUpdatedDateTimeUtc') ?? '',
    etag: textMember(state, 'etag') ?? '',
    responsePayload: JSON.stringify(member(state, 'payload') ?? null),
  })
  return Object.freeze({ operationId, status, registrationState })
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** The member when it is a text. */
export function textMember(object: JsonObject, name: string): string | undefined {
  const value = member(object, name)
  return typeof value === 'string' ? value : undefined
}
