/** Refusals of the hub as conditions and errors of AMQP (docs/contract/amqp.md#amqp-conditions). */

import { randomBytes } from 'node:crypto'
import type { HubErrorKind } from '../core/errors/catalogue.ts'
import { toHubError, HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import { AmqpViolation } from './codec/malformed.ts'
import type { AmqpError } from './codec/performative-fields.ts'
import { boolean, string } from './codec/values.ts'

/** The conditions of AmqpErrorMapper and IotHubAmqpErrorCode in the .NET SDK. */
const CONDITIONS: Readonly<Partial<Record<HubErrorKind, string>>> = {
  AmqpAddressNotFound: 'amqp:not-found',
  DeviceNotFound: 'amqp:not-found',
  ModuleNotFound: 'amqp:not-found',
  GenericNotFound: 'amqp:not-found',
  DeviceDisabled: 'amqp:not-found',
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
  ConnectionForcefullyClosedOnNewConnection: 'com.microsoft:connection-closed-on-new-connection',
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
  501: 'amqp:not-implemented',
  504: 'com.microsoft:timeout',
}

export function conditionOf({ kind, status }: HubError): string {
  return CONDITIONS[kind] ?? BY_STATUS[status] ?? 'amqp:internal-error'
}

/** What is said without JSON. */
const IN_PLAIN_TEXT: ReadonlySet<string> = new Set(['OperationNotAvailableInCurrentTier', 'MessageTooLarge'])

/**
 * The error of a rejected message or a refused link. Its description is the service's report in JSON (WIRE-AMQP-18), except for
 * operations that the tier does not have and messages that are too large: it is the message alone.
 * @param now epoch ms.
 */
export function amqpErrorOf(error: HubError, now: number, condition = conditionOf(error)): AmqpError {
  const utc = new Date(now).toISOString()
  const [date = '', time = ''] = utc.split('T')
  const [year, month, day] = date.split('-')
  const stamp = `${month ?? ''}/${day ?? ''}/${year ?? ''} ${time.slice(0, 8)}`
  const trackingId = `${randomBytes(16).toString('hex')}-G:0-TimeStamp:${stamp}`
  return {
    condition,
    description: IN_PLAIN_TEXT.has(error.kind)
      ? error.message
      : JSON.stringify({
          errorCode: error.code,
          trackingId,
          // Other transports tell more, in words about their headers.
          message: error.kind === 'IotHubUnauthorizedAccess' ? 'Unauthorized' : error.message,
          ...(error.info === undefined ? {} : { info: error.info }),
          timestampUtc: utc,
        }),
    info: new Map([
      ['com.microsoft:tracking-id', string(trackingId)],
      ['com.microsoft:is-filtered', boolean(true)],
    ]),
  }
}

/** The hub has no node of this address, or not for this direction. @param expected what a link of this direction can attach to. */
export function addressNotFound(address: string, expected: string): HubError {
  return new HubError({
    kind: 'AmqpAddressNotFound',
    message: `The link address '${address}' did not match any of the expected formats.`,
    rule: 'WIRE-AMQP-04',
    expected,
    received: quoted(address),
  })
}

/** The error on a link of a device, where a quota has another condition than on the links of back ends. */
export function deviceErrorOf(error: HubError, now: number): AmqpError {
  return error.kind === 'IotHubQuotaExceeded'
    ? amqpErrorOf(error, now, 'amqp:resource-limit-exceeded')
    : amqpErrorOf(error, now)
}

/** The error of the DETACH when a token has expired, in the service's words (docs/contract/amqp.md#amqp-cbs-renewal). */
export const TOKEN_EXPIRED: AmqpError = {
  condition: 'amqp:unauthorized-access',
  description: 'Token or Certificate is invalid.',
}

/** The error of a CLOSE, an END or a DETACH for a violation of AMQP itself: the service's AMQP layer writes plain text. */
export function violationOf(error: HubError, condition = conditionOf(error)): AmqpError {
  return { condition, description: error.message }
}

/** The status of a response of `$cbs`: Azure.Amqp tries again after 403 (docs/contract/amqp.md#amqp-cbs-disabled). */
export function statusOf({ kind, status }: HubError): number {
  return kind === 'DeviceDisabled' ? 404 : status
}

/** Any thrown value as a HubError: a violation of AMQP becomes IotHubFormatError, an unexpected error ServerError. */
export function hubErrorOf(error: unknown): HubError {
  if (error instanceof AmqpViolation)
    return new HubError({
      kind: 'IotHubFormatError',
      rule: error.condition,
      expected: error.expected,
      received: error.received,
      message: error.message,
    })
  return toHubError(error)
}
