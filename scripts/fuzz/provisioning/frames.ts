/** Frames of a device that asks for its hub over AMQP: correct, or with an odd address, body or operation. */

import { frameOf, protocolHeader, SASL_FRAME } from '../../../mock-hub/amqp/codec/frames.ts'
import { encodeMessage } from '../../../mock-hub/amqp/codec/messages.ts'
import { binary, int, string, ulong, uuid, type Typed } from '../../../mock-hub/amqp/codec/values.ts'
import { bodyOf, idOf } from './inputs.ts'
import { pick, type Random } from '../random.ts'

const WINDOWS = { nextOutgoingId: 0, incomingWindow: 100, outgoingWindow: 100 }
/** Handle of the link on which the device sends. */
const SENDER = 1

/** A header, SASL PLAIN when there is a token, open and begin. @param node `{scope}/registrations/{id}`. */
export function registrantHello(node: string, token: string | undefined): Buffer {
  const initialResponse = Buffer.from(`\0${node}\0${token ?? ''}`)
  const sasl = [
    protocolHeader(3),
    frameOf(SASL_FRAME, 0, 'saslInit', { mechanism: 'PLAIN', initialResponse }),
  ]
  return Buffer.concat([
    ...(token === undefined ? [] : sasl),
    protocolHeader(0),
    frameOf(0, 0, 'open', { containerId: 'fuzz', maxFrameSize: 65_536 }),
    frameOf(0, 0, 'begin', WINDOWS),
  ])
}

/** The receiver with its credit, and the sender. */
export function registrantLinks(random: Random, node: string): Buffer {
  return Buffer.concat([attach(random, node, 0, true), credit(0, 50), attach(random, node, SENDER, false)])
}

/** @param number of the frame, so that delivery ids differ. @param operationId the last one that the service has given. */
export function registrantFrame(random: Random, node: string, number: number, operationId: string): Buffer {
  const handle = random(4)
  const frames: readonly (() => Buffer)[] = [
    () => transfer(random, number, operationId),
    () => attach(random, node, handle, random(2) === 0),
    () => credit(random(20) === 0 ? 9 : 0, random(100)),
    () =>
      frameOf(0, 0, 'disposition', {
        ...{ role: random(2) === 0, first: random(10), last: random(20) },
        ...{ settled: random(2) === 0, state: { type: 'accepted' } as const },
      }),
    () => frameOf(0, 0, 'detach', { handle, closed: random(2) === 0 }),
    () => frameOf(0, 0, 'begin', WINDOWS),
    () => frameOf(0, 0, pick(random, ['end', 'close'] as const), {}),
  ]
  // Mostly requests, because the others often end the connection.
  return (random(4) > 0 ? frames[0] : pick(random, frames))?.() ?? Buffer.alloc(0)
}

function attach(random: Random, node: string, handle: number, receives: boolean): Buffer {
  const scope = node.split('/')[0] ?? ''
  const address = pick(random, [
    ...[node, node, node, `/${node}`, `amqps://localhost/${node}`],
    random(6) === 0 ? `${scope}/registrations/${idOf(random)}` : node,
    random(20) === 0 ? pick(random, ['', '$cbs', `${node}/more`, 'amqps://%zz', 'x'.repeat(3_000)]) : node,
  ])
  const terminus = { address, dynamic: false, filter: undefined }
  const version = pick(random, ['2019-03-31', '2019-03-31', '2018-04-01', '2021-06-01', 'soon', undefined])
  return frameOf(0, 0, 'attach', {
    ...{ name: `link ${String(handle)}`, handle, role: receives },
    ...(receives ? { source: terminus } : { target: terminus, initialDeliveryCount: 0 }),
    ...(version === undefined
      ? {}
      : { properties: new Map([['com.microsoft:api-version', string(version)]]) }),
  })
}

function credit(handle: number, linkCredit: number): Buffer {
  return frameOf(0, 0, 'flow', { ...WINDOWS, nextIncomingId: 0, handle, deliveryCount: 0, linkCredit })
}

function transfer(random: Random, number: number, operationId: string): Buffer {
  const operation = random(4) === 0 ? pick(random, ['', 'x', `${operationId}x`, '\0']) : operationId
  const [type, more] = pick<readonly [Typed, readonly (readonly [string, Typed])[]]>(random, [
    [string('iotdps-register'), [['iotdps-forceRegistration', ulong(1)]]],
    [string('iotdps-register'), []],
    [string('iotdps-get-operationstatus'), [['iotdps-operation-id', string(operation)]]],
    [string('iotdps-get-operationstatus'), [['iotdps-operation-id', int(7)]]],
    [string(pick(random, ['iotdps-get-registration', '', '__proto__'])), []],
    [int(3), []],
  ])
  const body = bodyOf(random).toString('latin1')
  const correlationId = pick<Typed | undefined>(random, [
    undefined,
    string('c'.repeat(1 + random(40))),
    uuid('7a2b9a1e-0000-4000-8000-000000000001'),
    binary(Buffer.alloc(random(2_000))),
    ulong(5),
  ])
  const message = encodeMessage({
    ...(correlationId === undefined ? {} : { properties: { correlationId } }),
    ...(random(20) === 0 ? {} : { application: new Map([['iotdps-operation-type', type], ...more]) }),
    ...pick(random, [
      { data: [Buffer.from(body)] },
      { data: [Buffer.from(body)] },
      { data: [] },
      { data: [Buffer.from(body), Buffer.from(body)] },
      { value: string(body) },
      { value: int(7) },
      { data: [Buffer.alloc(random(30) === 0 ? random(200_000) : 0, 0x20)] },
    ]),
  })
  return frameOf(
    0,
    0,
    'transfer',
    {
      handle: random(12) === 0 ? random(4) : SENDER,
      ...{ deliveryId: number, deliveryTag: Buffer.from('t'), messageFormat: random(15) },
      ...{ more: random(12) === 0, settled: random(3) === 0 },
    },
    message,
  )
}
