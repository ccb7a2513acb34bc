/** AMQP frames as a client might send them, in any order; `malformed` adds errors to them. */

import { frameOf, protocolHeader, SASL_FRAME } from '../../mock-hub/amqp/codec/frames.ts'
import { encodeMessage } from '../../mock-hub/amqp/codec/messages.ts'
import type { Terminus } from '../../mock-hub/amqp/codec/performative-fields.ts'
import { string, symbol } from '../../mock-hub/amqp/codec/values.ts'
import type { Random } from './random.ts'

const ADDRESSES = [
  '$cbs',
  '$management',
  '/messages/devicebound',
  '/messages/serviceBound/feedback',
  '/messages/serviceBound/filenotifications',
  'messages/events/',
  'hub/ConsumerGroups/$Default/Partitions/0',
  'hub/ConsumerGroups/g/Partitions/99',
  '/devices/d1/messages/events',
  '/devices/d1/messages/devicebound',
  '/devices/d1/methods/devicebound',
  '/devices/d1/twin',
  '/devices/nobody/twin',
  'amqps://hub/%zz/../x',
  '',
]
const TEXTS = [
  '',
  'GET',
  'PATCH',
  'put-token',
  'READ',
  'com.microsoft:eventhub',
  '/properties/reported',
  '{"a":1}',
  '\u0000',
]
const BATCHED = 0x8001_3700
/** Handles on which the client sends, once it has opened its links. */
const INLETS = [0, 2, 4, 5]

/** SASL PLAIN, open and begin. */
export function hello(userName: string, password: string): Buffer {
  return Buffer.concat(helloFrames(userName, password))
}

function helloFrames(userName: string, password: string): Buffer[] {
  const initialResponse = Buffer.from(`\0${userName}\0${password}`)
  return [
    protocolHeader(3),
    frameOf(SASL_FRAME, 0, 'saslInit', { mechanism: 'PLAIN', initialResponse }),
    protocolHeader(0),
    frameOf(0, 0, 'open', { containerId: 'fuzz', maxFrameSize: 65_536 }),
    frameOf(0, 0, 'begin', { nextOutgoingId: 0, incomingWindow: 100, outgoingWindow: 100 }),
  ]
}

/** A whole conversation of valid frames, of which a few are left out, doubled, swapped or moved. */
export function oddOrder(random: Random, userName: string, password: string, number: number): Buffer[] {
  const address = (): string => ADDRESSES[random(ADDRESSES.length)] ?? ''
  const script = helloFrames(userName, password)
  const handles = 1 + random(4)
  for (let handle = 0; handle < handles; handle++) script.push(attached(address(), handle, random(2) === 0))
  for (let n = 0; n < 5 + random(15); n++) script.push(amqpFrameOf(random, number + n))
  for (let handle = 0; handle < handles; handle++)
    script.push(frameOf(0, 0, 'detach', { handle, closed: random(2) === 0 }))
  script.push(frameOf(0, 0, 'end', {}), frameOf(0, 0, 'close', {}))
  for (let edits = 1 + random(3); edits > 0; edits--) {
    // The handshake is rarely touched: without it nothing follows.
    const least = random(6) === 0 ? 0 : 5
    const at = least + random(script.length - least)
    const to = least + random(script.length - least)
    const [frame = Buffer.alloc(0)] = script.splice(at, 1)
    switch (random(4)) {
      case 0:
        break
      case 1:
        script.splice(at, 0, frame, frame)
        break
      case 2: {
        const other = script[to] ?? frame
        script[to] = frame
        script.splice(at, 0, other)
        break
      }
      default:
        script.splice(to, 0, frame)
    }
    if (script.length <= 6) break
  }
  return script
}

/** A link on which the client sends, and credit for one on which it receives. */
export function attached(address: string, handle: number, receives: boolean): Buffer {
  const terminus: Terminus = { address, dynamic: false, filter: undefined }
  const attach = frameOf(0, 0, 'attach', {
    name: `link ${handle}`,
    handle,
    role: receives,
    ...(receives ? { source: terminus } : { target: terminus, initialDeliveryCount: 0 }),
  })
  if (!receives) return attach
  const windows = { nextIncomingId: 0, incomingWindow: 100, nextOutgoingId: 0, outgoingWindow: 100 }
  return Buffer.concat([
    attach,
    frameOf(0, 0, 'flow', { ...windows, handle, deliveryCount: 0, linkCredit: 50 }),
  ])
}

/** The links that a client with many functions opens, by handle. */
export function links(): Buffer {
  return Buffer.concat([
    attached('/devices/d1/messages/events', 0, false),
    attached('/devices/d1/twin', 1, true),
    attached('/devices/d1/twin', 2, false),
    attached('/devices/d1/messages/devicebound', 3, true),
    attached('$cbs', 4, false),
    attached('/messages/devicebound', 5, false),
  ])
}

/** @param number of the frame, so that delivery ids differ. */
export function amqpFrameOf(random: Random, number: number): Buffer {
  const pick = (from: readonly string[]): string => from[random(from.length)] ?? ''
  const channel = random(20) === 0 ? random(300) : 0
  const handle = random(6)
  const message = (): Buffer =>
    encodeMessage({
      annotations: new Map([
        ['operation', symbol(pick(TEXTS.slice(0, 8)))],
        ['resource', symbol(pick(TEXTS.slice(0, 8)))],
      ]),
      properties: { messageId: string(pick(TEXTS)), to: string(pick(ADDRESSES)) },
      application: new Map([
        ['operation', string(pick(TEXTS))],
        ['type', string(pick(TEXTS))],
        ['name', string(pick(TEXTS))],
      ]),
      data: [random(30) === 0 ? Buffer.alloc(random(20_000)) : Buffer.from(pick(TEXTS))],
    })
  const frames: (() => Buffer)[] = [
    () => attached(pick(ADDRESSES), handle, random(2) === 0),
    () =>
      frameOf(
        0,
        channel,
        'transfer',
        {
          handle: random(12) === 0 ? handle : (INLETS[random(INLETS.length)] ?? 0),
          deliveryId: number,
          deliveryTag: Buffer.from('t'),
          messageFormat: random(4) === 0 ? BATCHED : 0,
          more: random(10) === 0,
          settled: random(3) === 0,
        },
        message(),
      ),
    () =>
      frameOf(0, channel, 'flow', {
        nextIncomingId: random(10),
        incomingWindow: random(200),
        nextOutgoingId: random(10),
        outgoingWindow: 100,
        ...(random(3) === 0 ? {} : { handle, deliveryCount: random(5), linkCredit: random(100) }),
        drain: random(4) === 0,
        echo: random(4) === 0,
      }),
    () =>
      frameOf(0, channel, 'disposition', {
        role: random(3) !== 0,
        first: random(10),
        last: random(50) === 0 ? 0xffff_ffff : random(20),
        settled: random(2) === 0,
        state: { type: 'accepted' },
      }),
    () => frameOf(0, channel, 'detach', { handle, closed: random(2) === 0 }),
    () => frameOf(0, channel, 'begin', { nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 }),
  ]
  // Mostly transfers, because the others often end the connection.
  const chosen = random(2) === 0 ? 1 : random(frames.length)
  return frames[chosen]?.() ?? Buffer.alloc(0)
}
