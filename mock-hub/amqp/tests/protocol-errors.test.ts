/** What the hub does with clients that break the rules of AMQP itself, and with silent ones (docs/contract/amqp.md#amqp-errors). */

import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { EMPTY_FRAME } from '../codec/frames.ts'
import { encodeMessage } from '../codec/messages.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { attach, begin, conditionIn, rawClient } from '../testing/raw-client.ts'

let clock: ManualClock
let hub: Hub
let server: AmqpServer
beforeEach(async () => {
  clock = new ManualClock(1_700_000_000_000)
  hub = createHub({ clock })
  server = await createAmqpServer(hub)
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

const flow = { incomingWindow: 10, nextOutgoingId: 0, outgoingWindow: 10 }
const transfer = { handle: 0, deliveryId: 0, deliveryTag: Buffer.alloc(1), messageFormat: 0 }

describe('amqp-open, amqp-begin: the hub offers the less of what both sides can', () => {
  test('frames and channels in OPEN', async () => {
    const client = rawClient(server, { maxFrameSize: 4_096, channelMax: 7 })
    expect(await client.next('open')).toMatchObject({
      ...{ maxFrameSize: 4_096, channelMax: 7, hostname: 'localhost', idleTimeOut: 120_000 },
    })
    begin(client, 8)
    expect(conditionIn(await client.next('close'))).toBe('amqp:resource-limit-exceeded')
  })

  test('window and handles in BEGIN', async () => {
    const client = rawClient(server)
    begin(client, 0, { incomingWindow: 2_048, handleMax: 3 })
    expect(await client.next('begin')).toMatchObject({ outgoingWindow: 2_048, handleMax: 3 })
    attach(client, { handle: 4 })
    expect(conditionIn(await client.next('end'))).toBe('amqp:resource-limit-exceeded')
  })
})

describe('WIRE-AMQP-16', () => {
  test('a client that sends nothing for 240 s is closed', async () => {
    const client = rawClient(server)
    await client.next('open')
    clock.advance(239_000)
    expect(server.connections).toBe(1)
    clock.advance(1_000)
    const { error } = await client.next('close')
    expect(error?.condition).toBe('amqp:connection:forced')
    expect(error?.description).toMatch(
      /^The connection was inactive for more than the allowed 240000 milliseconds and is closed by container 'DeviceGateway_[0-9a-f]{32}'\.$/,
    )
    client.send(0, 'close', {})
    await client.ended
    expect(server.connections).toBe(0)
  })

  test('an empty frame keeps it', async () => {
    const client = rawClient(server)
    await client.next('open')
    clock.advance(200_000)
    client.write(EMPTY_FRAME)
    begin(client)
    await client.next('begin')
    clock.advance(239_000)
    expect(server.connections).toBe(1)
    clock.advance(1_000)
    expect(conditionIn(await client.next('close'))).toBe('amqp:connection:forced')
  })
})

test('amqp-heartbeats: the hub sends an empty frame at 7/8 of the idle time-out of the client', async () => {
  const client = rawClient(server, { idleTimeOut: 8_000 })
  await client.next('open')
  clock.advance(6_999)
  begin(client)
  await client.next('begin')
  expect(client.heartbeats).toBe(0)
  clock.advance(1)
  begin(client, 1)
  await client.next('begin')
  expect(client.heartbeats).toBe(1)
})

describe('WIRE-AMQP-17', () => {
  test('an idle time-out below 5 s is refused', async () => {
    const client = rawClient(server, { idleTimeOut: 4_999 })
    await client.next('open')
    const { error } = await client.next('close')
    expect(error).toMatchObject({
      condition: 'amqp:not-allowed',
      description:
        "Idle timeout value specified in connection OPEN ('4999 ms') is not supported. Minimum idle timeout is '5000' ms.",
    })
  })

  test.each([0, 5_000, undefined])('%s ms is taken', async (idleTimeOut) => {
    const client = rawClient(server, { idleTimeOut })
    begin(client)
    await client.next('begin')
    expect(client.frames.map(({ name }) => name)).toEqual(['open', 'begin'])
  })
})

describe('WIRE-AMQP-20: an error of a session ends it, and the others stay', () => {
  test.each([
    ['a flow for a handle without a link', 'amqp:session:unattached-handle'],
    ['a transfer for a handle without a link', 'amqp:session:unattached-handle'],
    ['a handle in use', 'amqp:session:handle-in-use'],
  ] as const)('%s', async (what, condition) => {
    const client = rawClient(server)
    begin(client, 0)
    begin(client, 1)
    if (what.startsWith('a flow')) client.send(0, 'flow', { ...flow, handle: 5 })
    else if (what.startsWith('a transfer')) client.send(0, 'transfer', { ...transfer, handle: 5 })
    else for (const name of ['one', 'two']) attach(client, { name })
    expect(conditionIn(await client.next('end'))).toBe(condition)
    expect(hub.lastRefusals[0]).toMatchObject({ error: 'IotHubFormatError' })
    attach(client, {}, 1)
    await client.next('attach')
    client.send(0, 'end', {})
    begin(client, 0)
    await client.next('begin')
    await client.next('begin')
    await client.next('begin')
    expect(server.connections).toBe(1)
  })

  test('a DETACH for a handle without a link is not one', async () => {
    const client = rawClient(server)
    begin(client)
    client.send(0, 'detach', { handle: 5, closed: true })
    attach(client)
    await client.next('attach')
    expect(client.frames.map(({ name }) => name)).not.toContain('end')
  })
})

describe('amqp-errors: an error of the connection closes it', () => {
  test.each([
    ['a frame for a channel without a session', 'amqp:not-found'],
    ['a second OPEN', 'amqp:illegal-state'],
    ['a channel in use', 'amqp:session:handle-in-use'],
  ] as const)('%s', async (what, condition) => {
    const client = rawClient(server)
    begin(client)
    if (what.startsWith('a frame')) client.send(7, 'flow', flow)
    else if (what.startsWith('a second')) client.send(0, 'open', { containerId: 'c' })
    else begin(client)
    expect(conditionIn(await client.next('close'))).toBe(condition)
  })

  test.each(['end', 'detach'] as const)('an %s for a channel without a session is no error', async (name) => {
    const client = rawClient(server)
    client.send(7, name, { handle: 0 })
    begin(client)
    await client.next('begin')
    expect(server.connections).toBe(1)
  })
})

describe('WIRE-AMQP-21', () => {
  test('a link with the name and role of another one takes its place', async () => {
    const client = rawClient(server)
    begin(client)
    attach(client, { name: 'Link' })
    await client.next('attach')
    attach(client, { name: 'link', handle: 1 })
    expect(await client.next('detach')).toMatchObject({
      ...{ handle: 0, closed: true, error: { condition: 'amqp:link:stolen' } },
    })
    expect(await client.next('attach')).toMatchObject({ handle: 1 })
    attach(client, { name: 'link', handle: 2, role: true })
    expect(await client.next('attach')).toMatchObject({ handle: 2 })
    expect(client.frames.filter(({ name }) => name === 'detach')).toHaveLength(1)
  })

  test('a DETACH is answered with a closing one', async () => {
    const client = rawClient(server)
    begin(client)
    attach(client)
    client.send(0, 'detach', { handle: 0, closed: false })
    expect(await client.next('detach')).toMatchObject({ handle: 0, closed: true })
  })
})

describe('WIRE-AMQP-19: headers', () => {
  const answerTo = async (header: number[]): Promise<string> => {
    const [near, far] = duplexPair()
    server.accept(far, { transport: 'amqp', peer: 'test' })
    const chunks: Buffer[] = []
    near.on('data', (chunk: Buffer) => chunks.push(chunk))
    near.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, ...header]))
    await once(near, 'end')
    expect(server.connections).toBe(0)
    return Buffer.concat(chunks).toString('hex', 4)
  }

  test.each([
    ['another version of AMQP', [0, 0, 9, 1], '00010000'],
    ['another version of SASL', [3, 2, 0, 0], '03010000'],
    ['TLS within AMQP', [2, 1, 0, 0], '00010000'],
  ])('%s is answered with the header that the hub supports, and the end', async (_what, header, answer) => {
    expect(await answerTo(header)).toBe(answer)
  })
})

test.each([0, 1])(
  'amqp-settle-modes: with receiver settle mode %i an outcome is settled',
  async (rcvSettleMode) => {
    const client = rawClient(server)
    begin(client)
    attach(client, { rcvSettleMode })
    expect(await client.next('attach')).toMatchObject({ rcvSettleMode })
    client.send(0, 'transfer', transfer, encodeMessage({}))
    expect(await client.next('disposition')).toMatchObject({
      first: 0,
      settled: true,
      state: { type: 'accepted' },
    })
  },
)
