import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HubClock } from '../base/clock.ts'
import type { Channel, DeviceLink } from '../core/contract/sessions.ts'
import type { Identity } from '../core/contract/identity.ts'
import { openTestServer, type TestServer } from './testing/test-server.ts'

let room: TestServer
beforeEach(async () => {
  room = await openTestServer()
})
afterEach(() => room.stop())

interface Device {
  readonly connectionString: string
  readonly authentication: { readonly symmetricKey: { readonly primaryKey: string } }
}

async function make(deviceId: string, spec: object = {}): Promise<Device> {
  return (await room.call('POST', '/devices', { deviceId, ...spec })).json as Device
}

/** A device on the line that answers methods with what it was asked, and keeps what it was told. */
function connect(identity: Identity, channels: readonly Channel[]): { readonly told: unknown[] } {
  const { hub } = room
  const { primaryKey } = hub.registry.get(identity).authentication.symmetricKey
  const path = `devices/${identity.deviceId}${identity.moduleId === undefined ? '' : `/modules/${identity.moduleId}`}`
  const sr = encodeURIComponent(`${hub.hostName}/${path}`)
  const se = String(Math.floor(hub.clock.now() / 1000) + 3600)
  const sig = createHmac('sha256', Buffer.from(primaryKey ?? '', 'base64'))
    .update(`${sr}\n${se}`)
    .digest('base64')
  const sasToken = `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
  const principal = hub.authentication.admit(identity, { sasToken })
  const told: unknown[] = []
  const link: DeviceLink = {
    id: 'link-1',
    transport: 'mqtt',
    principal,
    modelId: undefined,
    accepts: (channel) => channels.includes(channel),
    deliverC2d: ({ lockToken, message }) => {
      told.push({ c2d: message.body.toString('latin1'), properties: message.properties })
      hub.c2d.settle(identity, lockToken, 'complete')
    },
    requestMethod: (requestId, method, payload) => {
      told.push({ method, payload })
      const input = { requestId, status: 200, payload: { asked: payload ?? 'nothing' } }
      void hub.perform({ principal, transport: 'mqtt', linkId: 'link-1' }, 'methodResponse', input)
    },
    notifyDesired: (patch, version) => told.push({ patch, version }),
    deliverInput: (inputName, { body }) => told.push({ inputName, body: body.toString() }),
    close: () => undefined,
  }
  const session = hub.openSession(link)
  for (const channel of channels) session.ready(channel)
  return { told }
}

describe('identities', () => {
  test('a device is made, read, changed and deleted', async () => {
    const made = await make('d1')
    const { primaryKey } = made.authentication.symmetricKey
    expect(made.connectionString).toBe(`HostName=localhost;DeviceId=d1;SharedAccessKey=${primaryKey}`)
    expect(await room.call('GET', '/devices')).toMatchObject({
      status: 200,
      json: [{ deviceId: 'd1', status: 'enabled', connectionState: 'Disconnected', modules: [] }],
    })
    expect(
      (await room.call('PATCH', '/devices/d1', { status: 'disabled', statusReason: 'for a test' })).json,
    ).toMatchObject({
      status: 'disabled',
      statusReason: 'for a test',
      connectionString: made.connectionString,
    })
    // What is left out stays.
    expect((await room.call('PATCH', '/devices/d1', {})).json).toMatchObject({ status: 'disabled' })
    expect((await room.call('DELETE', '/devices/d1')).status).toBe(204)
    expect((await room.call('GET', '/devices/d1')).status).toBe(404)
  })

  test('so is a module; a given key is taken', async () => {
    await make('d1')
    const primaryKey = Buffer.alloc(32, 1).toString('base64')
    const authentication = { symmetricKey: { primaryKey } }
    const made = await room.call('POST', '/devices/d1/modules', { moduleId: 'm1', authentication })
    expect(made).toMatchObject({
      status: 201,
      json: { connectionString: `HostName=localhost;DeviceId=d1;ModuleId=m1;SharedAccessKey=${primaryKey}` },
    })
    expect((await room.call('GET', '/devices/d1/modules')).json).toMatchObject([{ moduleId: 'm1' }])
    expect((await room.call('PATCH', '/devices/d1/modules/m1', { managedBy: 'me' })).json).toMatchObject({
      managedBy: 'me',
    })
    expect((await room.call('DELETE', '/devices/d1/modules/m1')).status).toBe(204)
    expect((await room.call('GET', '/devices/d1')).json).toMatchObject({ modules: [] })
  })

  test('a device with certificates has no key in its connection string', async () => {
    const made = await make('d1', { authentication: { type: 'certificateAuthority' } })
    expect(made.connectionString).toBe('HostName=localhost;DeviceId=d1;x509=true')
  })
})

describe('messages', () => {
  test('a cloud-to-device message waits, can be seen, is delivered', async () => {
    await make('d1')
    const sent = await room.call('POST', '/devices/d1/messages', {
      body: { on: true },
      properties: { a: 'b' },
      system: { messageId: 'm-1', ack: 'full' },
    })
    expect(sent).toMatchObject({ status: 202, json: { messageId: 'm-1', sequenceNumber: 1 } })
    expect((await room.call('GET', '/devices/d1/messages')).json).toMatchObject([
      { sequenceNumber: 1, body: '{"on":true}', properties: { a: 'b' }, system: { messageId: 'm-1' } },
    ])
    const { told } = connect({ deviceId: 'd1' }, ['c2d'])
    expect(told).toEqual([{ c2d: '{"on":true}', properties: { a: 'b' } }])
    expect((await room.call('GET', '/devices/d1/messages')).json).toEqual([])
  })

  test('text goes as it is, bytes in base64, and both come out again', async () => {
    await make('d1')
    const base64 = Buffer.from([0xff, 0x00]).toString('base64')
    for (const body of ['text', { base64 }, 7])
      expect((await room.call('POST', '/devices/d1/messages', { body })).status).toBe(202)
    await room.call('POST', '/devices/d1/messages', {})
    const waiting = (await room.call('GET', '/devices/d1/messages')).json as { body: unknown }[]
    expect(waiting.map(({ body }) => body)).toEqual(['text', { base64 }, '7', ''])
    expect((await room.call('DELETE', '/devices/d1/messages')).json).toEqual({ purged: 4 })
  })

  test('WIRE-MOD-03: a message goes to an input of a module', async () => {
    await make('d1')
    await room.call('POST', '/devices/d1/modules', { moduleId: 'm1' })
    const { told } = connect({ deviceId: 'd1', moduleId: 'm1' }, ['inputs'])
    const path = '/devices/d1/modules/m1/inputs/in1'
    expect((await room.call('POST', path, { body: 'hello' })).status).toBe(202)
    expect(told).toEqual([{ inputName: 'in1', body: 'hello' }])
  })
})

describe('twins and methods', () => {
  test('a twin is read, patched, replaced, and its device told', async () => {
    await make('d1')
    const { told } = connect({ deviceId: 'd1' }, ['desired'])
    const patched = await room.call('PATCH', '/devices/d1/twin', {
      tags: { room: 1 },
      properties: { desired: { a: 1 } },
    })
    expect(patched.json).toMatchObject({ tags: { room: 1 }, properties: { desired: { a: 1, $version: 2 } } })
    const replaced = await room.call('PUT', '/devices/d1/twin', { properties: { desired: { b: 2 } } })
    expect(replaced.json).toMatchObject({ properties: { desired: { b: 2, $version: 3 } } })
    expect((await room.call('GET', '/devices/d1/twin')).json).toEqual(replaced.json)
    expect(told).toEqual([
      { patch: { a: 1 }, version: 2 },
      { patch: { b: 2 }, version: 3 },
    ])
    expect((await room.call('PATCH', '/devices/d1/twin', {}, { 'if-match': '"old"' })).status).toBe(412)
  })

  test('a method is invoked with a payload and without', async () => {
    await make('d1')
    const { told } = connect({ deviceId: 'd1' }, ['methods'])
    expect((await room.call('POST', '/devices/d1/methods/reboot', { payload: { now: true } })).json).toEqual({
      status: 200,
      payload: { asked: '{"now":true}' },
    })
    expect((await room.call('POST', '/devices/d1/methods/reboot', {})).json).toEqual({
      status: 200,
      payload: { asked: 'nothing' },
    })
    expect(told).toEqual([
      { method: 'reboot', payload: '{"now":true}' },
      { method: 'reboot', payload: undefined },
    ])
  })

  test('a method of a device that is away is refused', async () => {
    await make('d1')
    expect(await room.call('POST', '/devices/d1/methods/reboot', {})).toMatchObject({
      status: 404,
      json: { error: 'DeviceNotOnline' },
    })
  })
})

describe('faults', () => {
  test('armed, listed with what they have done, disarmed', async () => {
    const armed = await room.call('POST', '/faults', {
      name: 'mqtt.puback.withhold',
      scope: { identity: 'd1' },
      trigger: { skip: 1 },
      count: 2,
    })
    expect(armed).toMatchObject({
      status: 201,
      json: {
        id: 'f1',
        fired: 0,
        explain: 'At a PUBACK that is due for d1, after 1 more, the hub never does it, 2 times.',
      },
    })
    for (let times = 0; times < 3; times++) room.hub.faults.match('mqtt.puback', 'd1')
    expect((await room.call('GET', '/faults/f1')).json).toMatchObject({ fired: 2, spent: true })
    await room.call('POST', '/faults', { name: 'tcp.refuse', count: 'always', durationSeconds: 60 })
    expect((await room.call('DELETE', '/faults/f1')).status).toBe(204)
    expect((await room.call('GET', '/faults')).json).toMatchObject([{ id: 'f2' }])
    expect(await room.call('DELETE', '/faults/f9')).toMatchObject({
      status: 404,
      json: { error: 'FaultNotFound', message: expect.stringContaining('f2') as string },
    })
    expect((await room.call('DELETE', '/faults')).status).toBe(204)
    expect((await room.call('GET', '/faults')).json).toEqual([])
  })

  test('each lever of GET /levers has what a caller needs, and its example can be armed', async () => {
    const levers = (await room.call('GET', '/levers')).json as Record<string, unknown>[]
    expect(levers.length).toBeGreaterThan(60)
    for (const lever of levers) {
      expect(lever, String(lever['name'])).toEqual({
        name: expect.any(String) as unknown,
        scope: expect.stringMatching(/^(identity|everyone)$/) as unknown,
        trigger: expect.any(String) as unknown,
        parameters: expect.any(Object) as unknown,
        explain: expect.stringMatching(/^At .+, the hub .+\.$/) as unknown,
        example: expect.any(Object) as unknown,
      })
      expect((await room.call('POST', '/faults', lever['example'])).status, String(lever['name'])).toBe(201)
    }
  })
})

describe('clock', () => {
  test('freeze, advance, offset, resume', async () => {
    const running = new HubClock()
    const other = await openTestServer({ clock: running })
    const at = async (): Promise<number> =>
      ((await other.call('GET', '/clock')).json as { epochMs: number }).epochMs
    expect((await other.call('POST', '/clock/freeze')).json).toMatchObject({ frozen: true })
    const start = await at()
    const ticks: number[] = []
    running.schedule(1_800_000, () => ticks.push(running.now() - start))
    await other.call('POST', '/clock/advance', { by: '1h' })
    expect(ticks).toEqual([1_800_000])
    await other.call('POST', '/clock/advance', { by: 1.5 })
    expect((await at()) - start).toBe(3_601_500)
    expect((await other.call('POST', '/clock/resume')).json).toMatchObject({ frozen: false })
    expect((await other.call('POST', '/clock/offset', { by: '-1h' })).json).toMatchObject({
      offsetSeconds: -3600,
    })
    const entries = (await other.call('GET', '/journal?type=clock')).json as { action: string }[]
    expect(entries.map(({ action }) => action)).toEqual([
      'freeze',
      'advance 3600 s',
      'advance 1.5 s',
      'resume',
      'offset -3600 s',
    ])
    await other.stop()
    running.stop()
  })

  test('a clock that is not the hub’s own kind cannot be moved, and says so', async () => {
    const other = await openTestServer({ clock: { now: () => 5_000, schedule: () => () => undefined } })
    expect((await other.call('GET', '/clock')).json).toEqual({
      now: '1970-01-01T00:00:05.0000000Z',
      epochMs: 5_000,
    })
    expect((await other.call('POST', '/clock/advance', { by: 1 })).status).toBe(501)
    await other.stop()
  })
})

describe('state', () => {
  test('routes are read and replaced', async () => {
    const routes = ['FROM /messages/modules/a/* INTO BrokeredEndpoint("/modules/b/inputs/in1")']
    expect((await room.call('PUT', '/routes', { routes })).json).toEqual({ routes })
    expect((await room.call('GET', '/routes')).json).toEqual({ routes })
    expect(room.hub.routes).toEqual(routes)
  })

  test('reset is what the hub was started with', async () => {
    expect((await room.call('POST', '/reset')).status).toBe(204)
    expect(room.resets()).toBe(1)
  })

  test('a snapshot goes into another hub over the wire', async () => {
    await make('d1', { iotEdge: true })
    await room.call('POST', '/devices/d1/modules', { moduleId: 'm1' })
    await room.call('PATCH', '/devices/d1/twin', { tags: { a: 1 }, properties: { desired: { b: { c: 2 } } } })
    await room.call('POST', '/devices/d1/messages', { body: { base64: '/w==' }, properties: { x: null } })
    room.services.configurations.put(
      'c1',
      { content: { deviceContent: { 'properties.desired.z': 1 } }, targetCondition: '*' },
      undefined,
    )
    const snapshot = (await room.call('GET', '/snapshot')).json
    const other = await openTestServer({ settings: { seed: 7 } })
    expect(await other.call('POST', '/restore', snapshot)).toMatchObject({ status: 204 })
    expect((await other.call('GET', '/snapshot')).json).toEqual(snapshot)
    expect((await other.call('GET', '/devices/d1')).json).toEqual(
      (await room.call('GET', '/devices/d1')).json,
    )
    await other.stop()
  })

  test('a snapshot of another hub is refused', async () => {
    const snapshot = (await room.call('GET', '/snapshot')).json as object
    expect(await room.call('POST', '/restore', { ...snapshot, hostName: 'other' })).toMatchObject({
      status: 400,
      json: { field: 'hostName', given: '"other"' },
    })
  })
})

test('the meter counts what the quota would', async () => {
  expect((await room.call('GET', '/meter')).json).toEqual({
    used: 0,
    limit: null,
    chunkBytes: 4096,
    byOperation: {},
    tier: null,
  })
  room.hub.throttle.take('telemetry', 5_000)
  expect((await room.call('GET', '/meter')).json).toMatchObject({ used: 2, byOperation: { telemetry: 2 } })
})
