/** How the hub says no over AMQP: an error of the core as a condition (wire contract 8.2), and the refusals of this room. */

import { randomBytes } from 'node:crypto'
import { HubError } from '../core/errors/errors.ts'
import type { HubErrorKind } from '../core/errors/errors.ts'
import { AmqpViolation } from './wire/malformed.ts'
import type { AmqpError } from './wire/performative-fields.ts'
import { string } from './wire/values.ts'

/** Names of CSharp SDK's AmqpErrorMapper and IotHubAmqpErrorCode. */
const CONDITIONS: Readonly<Partial<Record<HubErrorKind, string>>> = {
  AmqpAddressNotFound: 'amqp:not-found',
  DeviceNotFound: 'amqp:not-found',
  ModuleNotFound: 'amqp:not-found',
  GenericNotFound: 'amqp:not-found',
  DeviceDisabled: 'amqp:unauthorized-access',
  DeviceMaximumQueueDepthExceeded: 'amqp:resource-limit-exceeded',
  DeviceMaximumQueueSizeExceeded: 'amqp:resource-limit-exceeded',
  IotHubMaxCbsTokenExceeded: 'amqp:resource-limit-exceeded',
  MessageTooLarge: 'amqp:link:message-size-exceeded',
  InvalidOperation: 'amqp:not-allowed',
  OperationNotAvailableInCurrentTier: 'amqp:not-allowed',
  IotHubFormatError: 'amqp:decode-error',
  InvalidMessageExpiryTime: 'com.microsoft:argument-out-of-range',
  PartitionNotFound: 'com.microsoft:argument-out-of-range',
  DeviceAlreadyExists: 'com.microsoft:device-already-exists',
  IotHubQuotaExceeded: 'com.microsoft:quota-exceeded',
  PreconditionFailed: 'com.microsoft:precondition-failed',
  DeviceMessageLockLost: 'com.microsoft:message-lock-lost',
  IotHubSuspended: 'com.microsoft:iot-hub-suspended',
  IotHubNotFound: 'com.microsoft:iot-hub-not-found-error',
  LinkCreationConflict: 'amqp:link:stolen',
  ConnectionForcefullyClosedOnNewConnection: 'amqp:link:stolen',
  ConnectionForcefullyClosedOnFaultInjection: 'amqp:connection:forced',
  ConnectionRejectedOnFaultInjection: 'amqp:connection:forced',
}
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'com.microsoft:argument-error',
  401: 'amqp:unauthorized-access',
  403: 'amqp:not-allowed',
  404: 'amqp:not-found',
  412: 'com.microsoft:precondition-failed',
  429: 'com.microsoft:device-container-throttled',
  504: 'com.microsoft:timeout',
}

export function conditionOf({ kind, status }: HubError): string {
  return CONDITIONS[kind] ?? BY_STATUS[status] ?? 'amqp:internal-error'
}

/** As a rejected outcome, a detach or a close says it. */
export function amqpErrorOf(error: HubError, condition = conditionOf(error)): AmqpError {
  return {
    condition,
    description: error.message,
    info: new Map([['com.microsoft:tracking-id', string(`${randomBytes(16).toString('hex')}-G:0`)]]),
  }
}

/** A HubError whose text for the caller is what the rule demands. */
export function refusal(
  kind: HubErrorKind,
  rule: string,
  expected: string,
  received: string,
  source: string,
): HubError {
  return new HubError(kind, `Expected ${expected}; given: ${received}.`, { rule, expected, received, source })
}

/** Whatever was thrown, as a HubError: what nobody foresaw is the hub's own fault and says so. */
export function toHubError(error: unknown): HubError {
  if (error instanceof HubError) return error
  if (error instanceof AmqpViolation)
    return refusal('IotHubFormatError', error.condition, error.message, 'something else', 'AMQP 1.0')
  const text = error instanceof Error ? error.message : String(error)
  return new HubError('ServerError', 'An internal error occurred.', {
    rule: 'internal',
    expected: 'the hub to handle this request',
    received: text,
    source: 'mock-iot-hub',
  })
}

/** Long texts of a client are cut before they go into an explanation. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
