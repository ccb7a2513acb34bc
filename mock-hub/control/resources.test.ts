import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HubClock } from '../base/clock.ts'
import type { Channel, DeviceLink } from '../core/contract/sessions.ts'
import type { Identity } from '../core/contract/identity.ts'
import { openTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

interface Device {
  readonly connectionString: string
  readonly authentication: { readonly symmetricKey: { readonly primaryKey: string } }
}

async function make(deviceId: string, spec: object = {}): Promise<Device> {
  return (await server.call('POST', '/devices', { deviceId, ...spec })).json as Device
}

/** Connects a device that echoes method payloads; `received` has everything that the hub sends to it. */
function connect(identity: Identity, channels: readonly Channel[]): { readonly received: unknown[] } {
  const { hub } = server
  const { primaryKey } = hub.registry.get(identity).authentication.symmetricKey
  const path = `devices/${identity.deviceId}${identity.moduleId === undefined ? '' : `/modules/${identity.moduleId}`}`
  const sr = encodeURIComponent(`${hub.hostName}/${path}`)
  const se = String(Math.floor(hub.clock.now() / 1000) + 3600)
  const sig = createHmac('sha256', Buffer.from(primaryKey ?? '', 'base64'))
    .update(`${sr}\n${se}`)
    .digest('base64')
  const sasToken = `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
  const principal = hub.authentication.admit(identity, { sasToken })
  const received: unknown[] = []
  const link: DeviceLink = {
    id: 'link-1',
    transport: 'mqtt',
    principal,
    modelId: undefined,
    accepts: (channel) => channels.includes(channel),
    deliverC2d: ({ lockToken, message }) => {
      received.push({ c2d: message.body.toString('latin1'), properties: message.properties })
      hub.c2d.settle(identity, lockToken, 'complete')
    },
    requestMethod: (requestId, method, payload) => {
      received.push({ method, payload })
      const input = {
        requestId,
        status: 200,
        payload: Buffer.from(JSON.stringify({ echo: payload ?? 'nothing' })),
      }
      void hub.perform({ principal, transport: 'mqtt', linkId: 'link-1' }, 'methodResponse', input)
    },
    notifyDesired: (patch, version) => received.push({ patch, version }),
    deliverInput: (inputName, { body }) => received.push({ inputName, body: body.toString() }),
    close: () => undefined,
  }
  const session = hub.openSession(link)
  for (const channel of channels) session.ready(channel)
  return { received }
}

describe('identities', () => {
  test('a token is let expire; an identity that has shown none is named', async () => {
    await make('d1')
    connect({ deviceId: 'd1' }, [])
    expect((await server.call('POST', '/devices/d1/expire-token')).status).toBe(204)
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-AUTH-13')
    await server.call('POST', '/devices/d1/modules', { moduleId: 'm' })
    expect(await server.call('POST', '/devices/d1/modules/m/expire-token')).toMatchObject({
      status: 400,
      json: {
        error: 'InvalidInput',
        message:
          'expireToken: expected identity to have connected, or sent a request, with a token; given: "d1/m"',
      },
    })
    expect((await server.call('POST', '/devices/x/expire-token')).status).toBe(404)
  })

  test('a device is created, read, updated and deleted', async () => {
    const made = await make('d1')
    const { primaryKey } = made.authentication.symmetricKey
    expect(made.connectionString).toBe(`HostName=localhost;DeviceId=d1;SharedAccessKey=${primaryKey}`)
    expect(await server.call('GET', '/devices')).toMatchObject({
      status: 200,
      json: [{ deviceId: 'd1', status: 'enabled', connectionState: 'Disconnected', modules: [] }],
    })
    expect(
      (await server.call('PATCH', '/devices/d1', { status: 'disabled', statusReason: 'for a test' })).json,
    ).toMatchObject({
      status: 'disabled',
      statusReason: 'for a test',
      connectionString: made.connectionString,
    })
    // Absent fields keep their values.
    expect((await server.call('PATCH', '/devices/d1', {})).json).toMatchObject({ status: 'disabled' })
    expect((await server.call('DELETE', '/devices/d1')).status).toBe(204)
    expect((await server.call('GET', '/devices/d1')).status).toBe(404)
  })

  test('a module is created with the given key, read, updated and deleted', async () => {
    await make('d1')
    const primaryKey = Buffer.alloc(32, 1).toString('base64')
    const authentication = { symmetricKey: { primaryKey } }
    const made = await server.call('POST', '/devices/d1/modules', { moduleId: 'm1', authentication })
    expect(made).toMatchObject({
      status: 201,
      json: { connectionString: `HostName=localhost;DeviceId=d1;ModuleId=m1;SharedAccessKey=${primaryKey}` },
    })
    expect((await server.call('GET', '/devices/d1/modules')).json).toMatchObject([{ moduleId: 'm1' }])
    expect((await server.call('PATCH', '/devices/d1/modules/m1', { managedBy: 'me' })).json).toMatchObject({
      managedBy: 'me',
    })
    expect((await server.call('DELETE', '/devices/d1/modules/m1')).status).toBe(204)
    expect((await server.call('GET', '/devices/d1')).json).toMatchObject({ modules: [] })
  })

  test('a device with certificates has no key in its connection string', async () => {
    const made = await make('d1', { authentication: { type: 'certificateAuthority' } })
    expect(made.connectionString).toBe('HostName=localhost;DeviceId=d1;x509=true')
  })
})

describe('messages', () => {
  test('a cloud-to-device message waits, is listed, and is delivered', async () => {
    await make('d1')
    const sent = await server.call('POST', '/devices/d1/messages', {
      body: { on: true },
      properties: { a: 'b' },
      system: { messageId: 'm-1', ack: 'full' },
    })
    expect(sent).toMatchObject({ status: 202, json: { messageId: 'm-1', sequenceNumber: 1 } })
    expect((await server.call('GET', '/devices/d1/messages')).json).toMatchObject([
      { sequenceNumber: 1, body: '{"on":true}', properties: { a: 'b' }, system: { messageId: 'm-1' } },
    ])
    const { received } = connect({ deviceId: 'd1' }, ['c2d'])
    expect(received).toEqual([{ c2d: '{"on":true}', properties: { a: 'b' } }])
    expect((await server.call('GET', '/devices/d1/messages')).json).toEqual([])
  })

  test('bodies: text, bytes in base64, other values as JSON, and empty', async () => {
    await make('d1')
    const base64 = Buffer.from([0xff, 0x00]).toString('base64')
    for (const body of ['text', { base64 }, 7])
      expect((await server.call('POST', '/devices/d1/messages', { body })).status).toBe(202)
    await server.call('POST', '/devices/d1/messages', {})
    const waiting = (await server.call('GET', '/devices/d1/messages')).json as { body: unknown }[]
    expect(waiting.map(({ body }) => body)).toEqual(['text', { base64 }, '7', ''])
    expect((await server.call('DELETE', '/devices/d1/messages')).json).toEqual({ purged: 4 })
  })

  test.each(['no base64!', 'QUI', 'QU-_', 'QUI=x'])(
    'bytes in %j are refused, not shortened',
    async (base64) => {
      await make('d1')
      const { status, json } = await server.call('POST', '/devices/d1/messages', { body: { base64 } })
      expect([status, json]).toMatchObject([
        400,
        { message: expect.stringContaining('body.base64') as unknown },
      ])
      expect((await server.call('GET', '/devices/d1/messages')).json).toEqual([])
    },
  )

  test('WIRE-MOD-03: a message goes to an input of a module', async () => {
    await make('d1')
    await server.call('POST', '/devices/d1/modules', { moduleId: 'm1' })
    const { received } = connect({ deviceId: 'd1', moduleId: 'm1' }, ['inputs'])
    const path = '/devices/d1/modules/m1/inputs/in1'
    expect((await server.call('POST', path, { body: 'hello' })).status).toBe(202)
    expect(received).toEqual([{ inputName: 'in1', body: 'hello' }])
  })
})

describe('twins and methods', () => {
  test('a twin is read, patched and replaced, and its device is notified', async () => {
    await make('d1')
    const { received } = connect({ deviceId: 'd1' }, ['desired'])
    const patched = await server.call('PATCH', '/devices/d1/twin', {
      tags: { floor: 1 },
      properties: { desired: { a: 1 } },
    })
    expect(patched.json).toMatchObject({ tags: { floor: 1 }, properties: { desired: { a: 1, $version: 2 } } })
    const replaced = await server.call('PUT', '/devices/d1/twin', { properties: { desired: { b: 2 } } })
    expect(replaced.json).toMatchObject({ properties: { desired: { b: 2, $version: 3 } } })
    expect((await server.call('GET', '/devices/d1/twin')).json).toEqual(replaced.json)
    expect(received).toEqual([
      { patch: { a: 1 }, version: 2 },
      { patch: { a: null, b: 2 }, version: 3 },
    ])
    expect((await server.call('PATCH', '/devices/d1/twin', {}, { 'if-match': '"old"' })).status).toBe(412)
  })

  test('a method is invoked with a payload and without', async () => {
    await make('d1')
    const { received } = connect({ deviceId: 'd1' }, ['methods'])
    expect(
      (await server.call('POST', '/devices/d1/methods/reboot', { payload: { now: true } })).json,
    ).toEqual({
      status: 200,
      payload: { echo: '{"now":true}' },
    })
    expect((await server.call('POST', '/devices/d1/methods/reboot', {})).json).toEqual({
      status: 200,
      payload: { echo: 'nothing' },
    })
    expect(received).toEqual([
      { method: 'reboot', payload: '{"now":true}' },
      { method: 'reboot', payload: undefined },
    ])
  })

  test('a method of a device that is not connected is refused', async () => {
    await make('d1')
    expect(await server.call('POST', '/devices/d1/methods/reboot', {})).toMatchObject({
      status: 404,
      json: { error: 'DeviceNotOnline' },
    })
  })
})

describe('faults', () => {
  test('are armed, listed with their counters, and disarmed', async () => {
    const armed = await server.call('POST', '/faults', {
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
        explain: 'At a PUBACK, the hub does not send it; for d1, after 1 match, 2 times.',
      },
    })
    for (let times = 0; times < 3; times++) server.hub.faults.match('mqtt.puback', 'd1')
    expect((await server.call('GET', '/faults/f1')).json).toMatchObject({ fired: 2, spent: true })
    await server.call('POST', '/faults', { name: 'tcp.refuse', count: 'always', durationSeconds: 60 })
    expect((await server.call('DELETE', '/faults/f1')).status).toBe(204)
    expect((await server.call('GET', '/faults')).json).toMatchObject([{ id: 'f2' }])
    expect(await server.call('DELETE', '/faults/f9')).toMatchObject({
      status: 404,
      json: { error: 'FaultNotFound', message: expect.stringContaining('f2') as string },
    })
    expect((await server.call('DELETE', '/faults')).status).toBe(204)
    expect((await server.call('GET', '/faults')).json).toEqual([])
  })

  test('GET /fault-types describes each type completely, and each example can be armed', async () => {
    const types = (await server.call('GET', '/fault-types')).json as Record<string, unknown>[]
    expect(types.length).toBeGreaterThan(60)
    for (const type of types) {
      expect(type, String(type['name'])).toEqual({
        name: expect.any(String) as unknown,
        scope: expect.stringMatching(/^(identity|everyone)$/) as unknown,
        trigger: expect.any(String) as unknown,
        parameters: expect.any(Object) as unknown,
        explain: expect.stringMatching(/^At .+, the hub .+\.$/) as unknown,
        example: expect.any(Object) as unknown,
      })
      expect((await server.call('POST', '/faults', type['example'])).status, String(type['name'])).toBe(201)
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

  test('a custom clock cannot be moved: 501', async () => {
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
    expect((await server.call('PUT', '/routes', { routes })).json).toEqual({ routes })
    expect((await server.call('GET', '/routes')).json).toEqual({ routes })
    expect(server.hub.routes).toEqual(routes)
  })

  test('POST /reset calls the hub’s reset', async () => {
    expect((await server.call('POST', '/reset')).status).toBe(204)
    expect(server.resets()).toBe(1)
  })

  test('a snapshot of one hub is restored in another', async () => {
    await make('d1', { iotEdge: true })
    await server.call('POST', '/devices/d1/modules', { moduleId: 'm1' })
    await server.call('PATCH', '/devices/d1/twin', {
      tags: { a: 1 },
      properties: { desired: { b: { c: 2 } } },
    })
    await server.call('POST', '/devices/d1/messages', { body: { base64: '/w==' }, properties: { x: null } })
    server.services.configurations.put(
      'c1',
      { content: { deviceContent: { 'properties.desired.z': 1 } }, targetCondition: '*' },
      undefined,
    )
    const snapshot = (await server.call('GET', '/snapshot')).json
    const other = await openTestServer({ settings: { seed: 7 } })
    expect(await other.call('POST', '/restore', snapshot)).toMatchObject({ status: 204 })
    expect((await other.call('GET', '/snapshot')).json).toEqual(snapshot)
    expect((await other.call('GET', '/devices/d1')).json).toEqual(
      (await server.call('GET', '/devices/d1')).json,
    )
    await other.stop()
  })

  test('a snapshot arrives in blocks, and one that is longer than other bodies may be is restored', async () => {
    await make('d1')
    const long = 'x'.repeat(400_000)
    for (let number = 0; number < 12; number++)
      server.services.configurations.put(
        `c${String(number)}`,
        { content: { deviceContent: { 'properties.desired.a': 1 } }, labels: { long } },
        undefined,
      )
    const answer = await server.control.app.inject({ method: 'GET', url: '/snapshot' })
    expect(answer.headers['content-length']).toBeUndefined()
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const other = await openTestServer({ settings: { seed: 7 } })
    expect((await other.call('POST', '/restore', answer.json())).status).toBe(204)
    expect((await other.call('GET', '/snapshot')).text).toBe(answer.body)
    await other.stop()
  })

  test.each([
    ['[]', 'to be a JSON object'],
    ['{"format":2', 'to be a JSON object'],
    ['{"format":2,"identities":[,]}', 'to be a JSON object'],
  ])('/restore refuses %s', async (payload, rule) => {
    const answer = await server.control.app.inject({ method: 'POST', url: '/restore', payload })
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { field: 'body', rule }])
  })

  test('a snapshot of another hub is refused', async () => {
    const snapshot = (await server.call('GET', '/snapshot')).json as object
    expect(await server.call('POST', '/restore', { ...snapshot, hostName: 'other' })).toMatchObject({
      status: 400,
      json: { field: 'hostName', given: '"other"' },
    })
  })
})

test('GET /meter counts messages as the quota does', async () => {
  expect((await server.call('GET', '/meter')).json).toEqual({
    used: 0,
    limit: null,
    chunkBytes: 4096,
    byOperation: {},
    tier: null,
  })
  server.hub.throttle.take('telemetry', 5_000)
  expect((await server.call('GET', '/meter')).json).toMatchObject({ used: 2, byOperation: { telemetry: 2 } })
})
