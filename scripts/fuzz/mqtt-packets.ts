/** Malformed MQTT packets: correct ones with one or more errors, or bytes that are not MQTT. */

import type { Writable } from 'node:stream'
import mqttPacket from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import type { Random } from './random.ts'

const TOPICS = [
  'devices/d1/messages/events/',
  'devices/d1/messages/events/a=b&%24.mid=x&%zz&=&&&__proto__=1',
  'devices/d1/messages/events/AzIoTHub_FaultOperationType=InvokeThrottling',
  'devices/d2/messages/events/',
  'devices/d1/modules/m1/messages/events/',
  '$iothub/twin/GET/?$rid=1',
  '$iothub/twin/PATCH/properties/reported/?$rid=1&$version=1',
  '$iothub/twin/PATCH/properties/reported/?$rid=1&$version=99999999999999999999',
  '$iothub/methods/res/200/?$rid=1',
  '$iothub/methods/res/99999999999/?$rid=',
  '$SYS/a',
  'a/+/#',
  '',
]
const FILTERS = [
  'devices/d1/messages/devicebound/#',
  'devices/+/messages/devicebound/#',
  '$iothub/twin/res/#',
  '$iothub/twin/PATCH/properties/desired/#',
  '$iothub/methods/POST/#',
  '$iothub/methods/POST/__proto__/#',
  '#',
  '',
]
const PAYLOADS = [
  '',
  ' ',
  '{}',
  '{"a":1}',
  '{"a":',
  '[1]',
  'null',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"x":[1,{"a":null}]}}',
  '"\\ud800"',
  `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`,
  '{"$version":1}',
  '\u0000',
]

/** Lengths of packets up to this one are kept by mqtt-packet. */
const KEPT_LENGTHS = 16_384

/**
 * Lets mqtt-packet make all that it keeps. It cuts a buffer from Node's pool for each length of a packet when it first occurs, and
 * so holds back 8 KiB for each, 128 MiB in all: in a long run that looks like a leak. Made one after the other they share 128 KiB.
 */
export function fillCaches(): void {
  const payload = Buffer.alloc(KEPT_LENGTHS)
  const nowhere = {
    write: () => true,
    cork: () => undefined,
    uncork: () => undefined,
    removeListener: () => undefined,
  }
  for (let length = 0; length < KEPT_LENGTHS; length++)
    mqttPacket.writeToStream(
      { cmd: 'publish', topic: 't', payload: payload.subarray(0, length), qos: 0, dup: false, retain: false },
      nowhere as unknown as Writable,
    )
}

/** A well-formed packet of a client. */
export function packetOf(random: Random): Buffer {
  const pick = (from: readonly string[]): string => from[random(from.length)] ?? ''
  const messageId = 1 + random(20)
  const packets: (() => Packet)[] = [
    () => ({
      cmd: 'publish',
      topic: pick(TOPICS) || 'x',
      payload: random(20) === 0 ? Buffer.alloc(random(5000), random(256)) : pick(PAYLOADS),
      qos: random(3) as 0 | 1 | 2, // below 3
      messageId,
      dup: random(4) === 0,
      retain: random(4) === 0,
    }),
    () => ({
      cmd: 'subscribe',
      messageId,
      subscriptions: Array.from({ length: 1 + random(3) }, () => ({
        topic: pick(FILTERS) || 'x',
        qos: random(3) as 0 | 1 | 2, // below 3
      })),
    }),
    () => ({ cmd: 'unsubscribe', messageId, unsubscriptions: [pick(FILTERS) || 'x'] }),
    () => ({ cmd: 'puback', messageId }),
    () => ({ cmd: 'pingreq' }),
    () => ({ cmd: 'pubrel', messageId }),
    () => ({ cmd: 'disconnect' }),
    () => ({ cmd: 'connack', returnCode: 0, sessionPresent: false }),
  ]
  // Publishes and subscriptions can have the most errors.
  const kind = random(3) === 0 ? random(packets.length) : random(2)
  return mqttPacket.generate((packets[kind] ?? packets[4] ?? (() => ({ cmd: 'pingreq' })))())
}

/** The same packet with an error: bits, lengths, truncation. */
export function malformed(packet: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(packet)
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(bytes.length)
    switch (random(7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
        break
      case 1:
        bytes[at] = random(256)
        break
      case 2:
        bytes = bytes.subarray(0, Math.max(1, at))
        break
      case 3:
        bytes = Buffer.concat([bytes, noise(random, 1 + random(20))])
        break
      case 4:
        bytes[Math.min(1, bytes.length - 1)] = random(256)
        break
      case 5:
        bytes[0] = random(256)
        break
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, at), noise(random, 1 + random(4)), bytes.subarray(at)])
        break
    }
  }
  return bytes
}

/** Bytes that are not MQTT. */
export function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)))
}
