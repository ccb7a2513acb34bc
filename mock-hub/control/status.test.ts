import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forPurpose, ManualClock } from '../base/clock.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { PublishView } from '../mqtt/codec/packets.ts'
import { Sample, type LeftOut } from './sample.ts'
import { openTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

const identity = 'd1'
const telemetry = {
  type: 'operation',
  identity,
  transport: 'mqtt',
  operation: 'telemetry',
  input: {},
} as const

test('GET /status counts devices and what has happened, also what the journal no longer has', async () => {
  const { hub } = server
  for (const deviceId of ['d1', 'd2']) hub.registry.create({ deviceId })
  hub.registry.create({ deviceId: 'd1', moduleId: 'm' })
  hub.registry.update({ deviceId: 'd2' }, { status: 'disabled' }, '*')
  for (let n = 0; n < 3; n++) hub.journal.record({ ...telemetry })
  hub.journal.record({ type: 'connected', linkId: 'l1', identity, transport: 'amqp' })
  hub.refuse(new HubError({ kind: 'ArgumentInvalid', rule: 'WIRE-AUTH-02', expected: 'a', received: 'b' }), {
    transport: 'mqtt',
  })
  hub.faults.arm({ name: 'tcp.refuse' })
  expect((await server.call('GET', '/status')).json).toMatchObject({
    clock: { frozen: true },
    devices: { total: 2, connected: 0, disabled: 1, modules: 1 },
    totals: { operations: { telemetry: 3 }, connects: 1, refusals: 1, faultsFired: 0 },
    journal: { seq: hub.journal.seq },
    meter: { limit: null, tier: null },
    faults: { armed: 1 },
  })
  hub.reset()
  expect((await server.call('GET', '/status')).json).toMatchObject({
    devices: { total: 0 },
    totals: { operations: { telemetry: 3 } },
  })
})

describe('GET /devices', () => {
  beforeEach(() => {
    for (const deviceId of ['a1', 'a2', 'b1', 'B2']) server.hub.registry.create({ deviceId })
    server.hub.registry.update({ deviceId: 'a2' }, { status: 'disabled' }, '*')
  })

  test.each([
    ['', ['a1', 'a2', 'b1', 'B2'], '4'],
    ['?limit=2', ['a1', 'a2'], '4'],
    ['?limit=2&skip=1', ['a2', 'b1'], '4'],
    ['?limit=0', [], '4'],
    ['?skip=9', [], '4'],
    ['?contains=b', ['b1', 'B2'], '2'],
    ['?contains=A&status=enabled', ['a1'], '1'],
    ['?connectionState=Connected', [], '0'],
  ])('%s gives %j of %s', async (query, expected, total) => {
    const { json, headers } = await server.call('GET', `/devices${query}`)
    expect((json as { deviceId: string }[]).map(({ deviceId }) => deviceId)).toEqual(expected)
    expect(headers['x-total-count']).toBe(total)
  })

  test('keys can stay at the hub', async () => {
    const key = server.hub.registry.get({ deviceId: 'a1' }).authentication.symmetricKey.primaryKey ?? ''
    server.hub.registry.create({ deviceId: 'a1', moduleId: 'm' })
    for (const path of ['/devices', '/devices/a1', '/devices/a1/modules']) {
      const { text } = await server.call('GET', `${path}?keys=hidden`)
      expect(text).not.toContain(key)
      expect(text).not.toContain('SharedAccessKey')
    }
    expect((await server.call('GET', '/devices/a1')).text).toContain(key)
  })

  test('the link of a device is named while it lives', async () => {
    const { journal } = server.hub
    const link = async () => ((await server.call('GET', '/devices/a1')).json as { link: unknown }).link
    expect(await link()).toBeNull()
    journal.record({ type: 'connected', linkId: 'l1', identity: 'a1', transport: 'mqtt' })
    journal.record({ type: 'connected', linkId: 'l2', identity: 'a1', transport: 'mqtt-ws' })
    journal.record({ type: 'disconnected', linkId: 'l1', identity: 'a1', reason: 'taken-over' })
    expect(await link()).toEqual({ linkId: 'l2', transport: 'mqtt-ws' })
    journal.record({ type: 'connected', linkId: 'l3', identity: 'b1', transport: 'amqp' })
    journal.record({ type: 'connected', linkId: 'l4', identity: 'a1', transport: 'mqtt' })
    const listed = async (query: string) =>
      ((await server.call('GET', `/links${query}`)).json as { linkId: string }[]).map(({ linkId }) => linkId)
    expect(await listed('')).toEqual(['l4', 'l3'])
    expect(await listed('?contains=B')).toEqual(['l3'])
    journal.record({ type: 'disconnected', linkId: 'l4', identity: 'a1', reason: 'link-closed' })
    expect(await link()).toBeNull()
    expect(await listed('?limit=1')).toEqual(['l3'])
  })
})

test('keys are regenerated one by one', async () => {
  server.hub.registry.create({ deviceId: 'd1' })
  const keys = () => server.hub.registry.get({ deviceId: 'd1' }).authentication.symmetricKey
  const before = keys()
  const { status, json } = await server.call('POST', '/devices/d1/regenerate-keys', { which: 'primaryKey' })
  expect([status, json]).toMatchObject([200, { authentication: { symmetricKey: keys() } }])
  expect(keys().primaryKey).not.toBe(before.primaryKey)
  expect(keys().secondaryKey).toBe(before.secondaryKey)
  expect(await server.call('POST', '/devices/d1/regenerate-keys', { which: 'all' })).toMatchObject({
    status: 400,
    json: { field: 'which' },
  })
})

test('POST /query runs a query page by page', async () => {
  for (const deviceId of ['d1', 'd2', 'd3']) server.hub.registry.create({ deviceId })
  const query = 'SELECT deviceId FROM devices'
  const first = (await server.call('POST', '/query', { query, limit: 2 })).json as { continuation: string }
  expect(first).toMatchObject({ rows: [{ deviceId: 'd1' }, { deviceId: 'd2' }] })
  const { continuation } = first
  expect((await server.call('POST', '/query', { query, limit: 2, continuation })).json).toEqual({
    rows: [{ deviceId: 'd3' }],
    continuation: null,
  })
  expect((await server.call('POST', '/query', { query: 'SELECT' })).status).toBe(400)
})

test('GET /clock/due names what waits, soonest first', async () => {
  const { hub } = server
  hub.registry.create({ deviceId: 'd1' })
  hub.c2d.send({ deviceId: 'd1' }, { body: Buffer.alloc(0), system: {}, properties: {} })
  hub.clock.schedule(5_000, () => undefined)
  hub.clock.schedule(
    60_000,
    forPurpose({ kind: 'token-expiry', identity: 'd2' }, () => undefined),
  )
  expect((await server.call('GET', '/clock/due')).json).toEqual([
    { at: '2026-01-01T00:01:00.0000000Z', inSeconds: 60, kind: 'token-expiry', identity: 'd2' },
    { at: '2026-01-01T01:00:00.0000000Z', inSeconds: 3_600, kind: 'c2d-expiry', identity: 'd1' },
  ])
  expect((await server.call('GET', '/clock/due?kind=c2d-expiry&limit=1')).json).toHaveLength(1)
  expect((await server.call('GET', '/clock/due?kind=soon')).status).toBe(400)
})

describe('the journal', () => {
  test.each([
    ['device=d1', ['d1', 'd1/m', 'd1 feedback']],
    ['link=l2', ['d1/m']],
  ])('%s selects %j', async (query, expected) => {
    const { journal } = server.hub
    for (const [one, linkId] of [
      ['d1', 'l1'],
      ['d1/m', 'l2'],
      ['d10', 'l3'],
    ] as const)
      journal.record({ type: 'connected', linkId, identity: one, transport: 'mqtt' })
    const outcome = {
      enqueuedTimeUtc: '',
      statusCode: 'Success',
      description: '',
      deviceGenerationId: '',
    } as const
    journal.record({ type: 'feedback', record: { ...outcome, originalMessageId: 'x', deviceId: 'd1' } })
    const { json } = await server.call('GET', `/journal?${query}`)
    const found = json as { identity?: string; record?: { deviceId: string } }[]
    expect(found.map((entry) => entry.identity ?? `${entry.record?.deviceId ?? ''} feedback`)).toEqual(
      expected,
    )
  })

  test('a PUBLISH, which is decoded when it is read, has all its fields', async () => {
    const { journal } = server.hub
    const frame = Buffer.from('devices/d1/messages/events/{}')
    const packet = new PublishView(0x32, frame, 0, 27, 7, frame.subarray(27))
    journal.record({ type: 'packet', linkId: 'l1', direction: 'in', cmd: 'publish', packet })
    expect((await server.call('GET', '/journal?type=packet')).json).toMatchObject([
      {
        packet: {
          ...{ cmd: 'publish', topic: 'devices/d1/messages/events/', payload: '{}' },
          ...{ qos: 1, dup: false, retain: false, messageId: 7 },
        },
      },
    ])
  })

  test('a sample has the first of each window and all that is rare, and says what it left out', () => {
    const clock = new ManualClock()
    const notes: LeftOut[] = []
    const sample = new Sample(20, (left) => notes.push(left), clock)
    const entry = (seq: number, type: 'operation' | 'refusal') =>
      ({ ...telemetry, type, seq, at: 0 }) as never
    const taken = (from: number, count: number): number[] =>
      Array.from({ length: count }, (_, at) => from + at).filter((seq) =>
        sample.takes(entry(seq, 'operation')),
      )
    expect(taken(1, 5)).toEqual([1, 2])
    expect(sample.takes(entry(6, 'refusal'))).toBe(true)
    expect(notes).toEqual([])
    clock.advance('100ms')
    expect(notes).toEqual([{ leftOut: 3, seq: 5 }])
    expect(taken(7, 2)).toEqual([7, 8])
    clock.advance('100ms')
    expect(notes).toHaveLength(1)
    expect(taken(9, 3)).toEqual([9, 10])
    sample.stop()
    clock.advance('1s')
    expect(notes).toHaveLength(1)
  })
})
