/**
 * Sends messages to the hub, or to an output of the module.
 * Source: docs/contract/client/telemetry.md#client-send;
 * decisions D-14, D-15.
 */

import type { Scope } from '../core/call.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import { Message } from '../core/models/message.ts'
import { formatProperties } from '../mqtt/property-bag.ts'
import { publish, type Session } from './session.ts'

/** The maximum size of payload and properties that the hub accepts, in bytes (decision D-15). */
export const MAX_MESSAGE_BYTES = 262_144

/** Wraps anything that is not a Message in one. */
export function asMessage(message: unknown): Message<unknown> {
  return message instanceof Message ? (message as Message<unknown>) : new Message(message)
}

/** @throws ValueError when the message is too large, before any traffic. */
export function assertSize(message: Message<unknown>): void {
  const size = message.getSize()
  if (size > MAX_MESSAGE_BYTES) {
    throw new ValueError(
      `Size of telemetry message can not exceed 256 KB: ${size} bytes, at most ${MAX_MESSAGE_BYTES}`,
    )
  }
}

/** Settles with the hub's acknowledgement. @throws ClientError when the payload cannot be sent. */
export function sendMessage(
  session: Session,
  message: Message<unknown>,
  scope: Scope | undefined,
): Promise<void> {
  const payload = payloadOf(message.data)
  const topic = session.topics.events + formatProperties(message)
  if (topic.includes('+') || topic.includes('#')) {
    throw unexpected(new ValueError('Device and module ids must not contain + or #'))
  }
  return publish(session, topic, payload, scope)
}

function payloadOf(data: unknown): string | Uint8Array {
  switch (typeof data) {
    case 'string':
      return data
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(data)
    case 'undefined':
      return ''
    default:
      if (data === null) return ''
      if (data instanceof Uint8Array) return data
      throw unexpected(
        new TypeError(`A payload must be a string, a number, a boolean or bytes, was ${typeof data}`),
      )
  }
}

/** @internal The documented "unexpected failure". */
export function unexpected(cause: Error): ClientError {
  return new ClientError('Unexpected failure', { cause })
}
