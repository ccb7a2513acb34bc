/** The refusals of the MQTT adapter: rules of MQTT and of the hub that a client can break. */

import type { Identity } from '../core/contract/identity.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import { OversizedPacket } from './codec/frames.ts'
import { telemetryRoot } from './codec/topics.ts'

export function unsupportedProtocol(name: string, level: number): HubError {
  return new HubError({
    kind: 'InvalidProtocolVersion',
    rule: 'WIRE-CONN-23',
    expected: 'protocol MQTT, level 4 (MQTT 3.1.1)',
    received: `protocol ${quoted(name)}, level ${level}`,
  })
}

export function notConnectFirst(type: number): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-CONN-24',
    expected: 'CONNECT as the first packet',
    received: `a packet of type ${type}`,
  })
}

export function secondConnect(): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-CONN-25',
    expected: 'one CONNECT',
    received: 'a second CONNECT',
  })
}

export function connectTimeout(seconds: number, bytes: number): HubError {
  return new HubError({
    kind: 'GenericTimeout',
    rule: 'WIRE-CONN-26',
    expected: `CONNECT within ${seconds} s`,
    received: `${bytes} bytes and no CONNECT`,
  })
}

/** @param unread bytes that wait for the client: while it does not read, it is not read either. */
export function silence(silentMs: number, unread: number): HubError {
  return new HubError({
    kind: 'GenericTimeout',
    rule: 'WIRE-SESS-07',
    expected: 'a packet within 1.5 times the keep-alive',
    received: `${silentMs / 1000} s of silence${unread === 0 ? '' : `, while it left ${unread} bytes unread`}`,
  })
}

export function qos2(): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-SESS-11',
    expected: 'QoS 0 or 1',
    received: 'a PUBLISH of QoS 2',
  })
}

export function tooLarge(what: string, bytes: number, limit: number): HubError {
  return new HubError({
    kind: 'MessageTooLarge',
    rule: 'WIRE-SESS-23',
    expected: `a message of at most ${limit} bytes`,
    received: `${what} of ${bytes} bytes`,
  })
}

export function wildcardInTopic(topic: string): HubError {
  return new HubError({
    kind: 'IotHubFormatError',
    rule: 'WIRE-SESS-24',
    expected:
      'a PUBLISH to a topic without #, + and U+0000, which MQTT 3.1.1 forbids (encode them in properties: %23, %2B)',
    received: `topic ${quoted(topic)}`,
  })
}

export function unknownTopic(topic: string, identity: string, ownRoot: string): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-D2C-16',
    expected: `a topic that ${identity} may publish to, such as ${ownRoot}/`,
    received: `topic ${quoted(topic)}`,
  })
}

export function foreignTopic(topic: string, identity: string, ownRoot: string): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-D2C-15',
    expected: `${identity} to publish telemetry to its own topic ${ownRoot}/`,
    received: `another identity's topic ${quoted(topic)}`,
  })
}

export function foreignWill(topic: string, identity: Identity): HubError {
  return new HubError({
    kind: 'IotHubUnauthorizedAccess',
    rule: 'WIRE-SESS-19',
    expected: `the will's topic to be ${telemetryRoot(identity)}/{properties}`,
    received: `a will on the topic ${quoted(topic)}`,
  })
}

export function unsupportedFilter(filter: string, identity: string): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-SESS-14',
    expected: `a filter within $iothub/twin, $iothub/methods or the own topics of ${identity}`,
    received: `filter ${quoted(filter)}`,
  })
}

/** Why messages are rejected when a device subscribes (WIRE-SESS-06). */
export function sentBeforeSubscription(count: number, identity: string): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-SESS-06',
    expected: `messages for ${identity} to be sent after it has subscribed (setting c2dBeforeSubscription)`,
    received: `${count} sent before, which are rejected`,
  })
}

export function tooManyFilters(count: number, most: number): HubError {
  return new HubError({
    kind: 'InvalidOperation',
    rule: 'WIRE-SESS-16',
    expected: `at most ${most} subscriptions`,
    received: `${count} distinct filters`,
  })
}

/** Bytes that are not a valid packet, or announce one that is too large. */
export function malformed(error: Error, maxMessageBytes: number): HubError {
  if (error instanceof OversizedPacket) return tooLarge('a packet', error.length, maxMessageBytes)
  return new HubError({
    kind: 'IotHubFormatError',
    rule: 'MQTT-4.8.0-1',
    expected: 'a valid MQTT 3.1.1 packet',
    received: error.message,
  })
}
