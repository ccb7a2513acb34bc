/** The rules of MQTT and of the hub that a connection can break, each with its explanation. */

import type { HubError } from '../core/errors/errors.ts'
import { OversizedPacket } from './codec/frames.ts'
import { refusal, quoted } from './refusals.ts'

export function unsupportedProtocol(name: string, level: number): HubError {
  return refusal(
    'InvalidProtocolVersion',
    'WIRE-CONN-23',
    'protocol MQTT, level 4 (MQTT 3.1.1)',
    `protocol ${quoted(name)}, level ${level}`,
    'wire contract 1.7',
  )
}

export function notConnectFirst(type: number): HubError {
  return refusal(
    'InvalidOperation',
    'WIRE-CONN-24',
    'CONNECT as the first packet',
    `a packet of type ${type}`,
    'wire contract 1.7',
  )
}

export function secondConnect(): HubError {
  return refusal('InvalidOperation', 'WIRE-CONN-25', 'one CONNECT', 'a second CONNECT', 'wire contract 1.7')
}

export function connectTimeout(seconds: number, bytes: number): HubError {
  return refusal(
    'GenericTimeout',
    'WIRE-CONN-26',
    `CONNECT within ${seconds} s`,
    `${bytes} bytes and no CONNECT`,
    'wire contract 1.1',
  )
}

export function silence(silentMs: number): HubError {
  return refusal(
    'GenericTimeout',
    'WIRE-SESS-07',
    'a packet within 1.5 times the keep-alive',
    `${silentMs / 1000} s of silence`,
    'wire contract 1.9',
  )
}

export function qos2(): HubError {
  return refusal('InvalidOperation', 'WIRE-SESS-11', 'QoS 0 or 1', 'a PUBLISH of QoS 2', 'wire contract 2.4')
}

export function tooLarge(what: string, bytes: number, limit: number): HubError {
  return refusal(
    'MessageTooLarge',
    'WIRE-SESS-23',
    `a message of at most ${limit} bytes`,
    `${what} of ${bytes} bytes`,
    'wire contract 2.4',
  )
}

export function unknownTopic(topic: string, identity: string, ownRoot: string): HubError {
  return refusal(
    'InvalidOperation',
    'WIRE-D2C-16',
    `a topic that ${identity} may publish to, such as ${ownRoot}/`,
    `topic ${quoted(topic)}`,
    'wire contract 1.11 and 2.1',
  )
}

export function foreignTopic(topic: string, identity: string, ownRoot: string): HubError {
  return refusal(
    'InvalidOperation',
    'WIRE-D2C-15',
    `${identity} to publish telemetry to its own topic ${ownRoot}/`,
    `another identity's topic ${quoted(topic)}`,
    'wire contract 1.11',
  )
}

export function unsupportedFilter(filter: string, identity: string): HubError {
  return refusal(
    'InvalidOperation',
    'WIRE-SESS-14',
    `a filter that ${identity} may subscribe to`,
    `filter ${quoted(filter)}`,
    'wire contract 2.1',
  )
}

export function tooManyFilters(count: number, most: number): HubError {
  return refusal(
    'InvalidOperation',
    'WIRE-SESS-16',
    `at most ${most} subscriptions`,
    `${count} distinct filters`,
    'wire contract 2.1',
  )
}

/** Bytes that are no packet, or announce one that is too large. */
export function malformed(error: Error, maxMessageBytes: number): HubError {
  if (error instanceof OversizedPacket) return tooLarge('a packet', error.length, maxMessageBytes)
  return refusal(
    'IotHubFormatError',
    'MQTT-4.8.0-1',
    'a valid MQTT 3.1.1 packet',
    error.message,
    'MQTT 3.1.1, section 4.8',
  )
}
