import { createServer } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { get, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../base/clock.ts'
import { signToken } from '../http/testing/tokens.ts'
import type { Identity } from '../core/contract/identity.ts'
import type { MockHub } from './mock-hub.ts'
import type { MockHubOptions } from './options.ts'
import { startMockHub } from './start.ts'

const running: MockHub[] = []
async function start(options: MockHubOptions = {}): Promise<MockHub> {
  const hub = await startMockHub({ controlPort: false, ...options })
  running.push(hub)
  return hub
}
afterEach(async () => {
  for (const hub of running.splice(0)) await hub.stop()
})

test('two hubs run side by side, each on its own ports', async () => {
  const [one, two] = [await start(), await start()]
  expect(new Set([one.mqttPort, one.httpsPort, two.mqttPort, two.httpsPort]).size).toBe(4)
})

test('TLS succeeds for a client that trusts the CA and names the host', async () => {
  const hub = await start({ hostnames: ['hub.example'] })
  for (const [port, servername] of [
    [hub.mqttPort, 'localhost'],
    [hub.httpsPort, 'hub.example'],
  ] as const) {
    const socket = connect({ port, host: '127.0.0.1', servername, ca: hub.caPem })
    await once(socket, 'secureConnect')
    expect(socket.authorized).toBe(true)
    socket.destroy()
  }
})

test('the certificate also names the address on which the hub listens', async () => {
  const { mqttPort: port, caPem: ca } = await start({ hostName: 'hub.example', address: '127.0.0.2' })
  const socket = connect({ port, host: '127.0.0.2', ca })
  await once(socket, 'secureConnect')
  expect(socket.authorized).toBe(true)
  socket.destroy()
})

test('identities of the seed have connection strings, and reset restores them', async () => {
  const hub = await start({ seed: { devices: [{ deviceId: 'd', modules: [{ moduleId: 'm' }] }] } })
  const before = [
    hub.connectionString({ deviceId: 'd' }),
    hub.connectionString({ deviceId: 'd', moduleId: 'm' }),
  ]
  expect(before[1]).toMatch(/^HostName=127\.0\.0\.1;DeviceId=d;ModuleId=m;SharedAccessKey=.{40,}$/)
  hub.registry.create({ deviceId: 'other' })
  hub.registry.remove({ deviceId: 'd' }, '*')
  hub.faults.arm({ name: 'mqtt.puback.withhold' })
  const content = { deviceContent: { 'properties.desired.fan': 1 } }
  hub.services.configurations.put('c', { content, targetCondition: '*' }, undefined)
  hub.reset()
  expect(hub.identities().map(({ identity }) => identity)).toEqual([
    { deviceId: 'd' },
    { deviceId: 'd', moduleId: 'm' },
  ])
  expect([
    hub.connectionString({ deviceId: 'd' }),
    hub.connectionString({ deviceId: 'd', moduleId: 'm' }),
  ]).toEqual(before)
  expect(hub.faults.idle).toBe(true)
  expect(hub.services.configurations.list()).toEqual([])
})

test('reset forgets all that has happened', async () => {
  const hub = await start({
    seed: { devices: [{ deviceId: 'd' }], routes: ['FROM /messages/* INTO $upstream'] },
  })
  const initial = { routes: hub.routes, meter: hub.throttle.meter }
  const event = {
    ...{ body: Buffer.from('x'), system: {}, properties: {}, source: 'Telemetry' as const, deviceId: 'd' },
    ...{ moduleId: undefined, authMethod: '{}', authGenerationId: '1', modelId: undefined },
  }
  hub.telemetry.append(event)
  hub.throttle.take('telemetry', 10)
  hub.routes = []
  hub.clock.advance('2d')
  hub.clock.freeze()
  hub.services.jobs.create({
    ...{ jobId: 'j', type: 'scheduleUpdateTwin', queryCondition: '*', startAt: undefined, given: {} },
    updateTwin: { update: { tags: { a: 1 } }, etag: '*' },
    maxExecutionTimeInSeconds: 60,
  })
  const system = { ack: 'full' } as const
  hub.c2d.send({ deviceId: 'd' }, { body: Buffer.from('c'), system, properties: {} })
  hub.c2d.purge({ deviceId: 'd' })
  hub.clock.advance('15s')
  expect(hub.feedback.receive()).toBeDefined()
  expect(hub.services.jobs.query({}).rows).toHaveLength(1)
  expect(hub.throttle.meter).not.toEqual(initial.meter)
  const explanation = { rule: 'r', expected: 'e', received: 'g', source: 's' }
  hub.journal.record({ type: 'refusal', transport: 'https', error: 'ServerError', code: 500001, explanation })
  expect(hub.lastRefusals).toHaveLength(1)

  hub.reset()

  expect(hub.telemetry.messages).toEqual([])
  expect(hub.feedback.receive()).toBeUndefined()
  expect(hub.services.jobs.query({}).rows).toEqual([])
  expect({ routes: hub.routes, meter: hub.throttle.meter }).toEqual(initial)
  expect(hub.lastRefusals).toEqual([])
  expect(hub.clock.frozen).toBe(false)
  expect(Math.abs(hub.clock.offsetMs)).toBeLessThan(1)
  const [first] = hub.journal.entries
  expect(first).toMatchObject({ type: 'reset' })
  expect(hub.telemetry.append(event).sequenceNumber).toBeGreaterThan(1)
})

test('a snapshot is a seed: keys, twins, host name and clock are those of the hub that it was taken of', async () => {
  const first = await start({ hostName: 'hub.example', seed: { devices: [{ deviceId: 'd' }] } })
  first.twins.patch({ deviceId: 'd' }, { tags: { floor: 2 } }, undefined)
  first.clock.setOffset('2h')
  const snapshot = first.services.snapshots.take()
  const second = await start({ seed: snapshot })
  expect(second.connectionString({ deviceId: 'd' })).toBe(first.connectionString({ deviceId: 'd' }))
  expect(second.twins.get({ deviceId: 'd' }).tags).toEqual({ floor: 2 })
  expect(Math.round(second.clock.offsetMs / 60_000)).toBe(120)
  second.registry.remove({ deviceId: 'd' }, '*')
  second.reset()
  expect(second.services.snapshots.take()).toEqual({ ...snapshot, clock: expect.anything() as unknown })
})

test('reset deletes uploaded blobs', async () => {
  const hub = await start({ seed: { devices: [{ deviceId: 'd' }] } })
  const blob = await uploadUrl(hub)
  const headers = { 'x-ms-blob-type': 'BlockBlob' }
  expect((await call(hub, 'PUT', blob, headers, 'bytes')).status).toBe(201)
  expect((await call(hub, 'GET', blob)).body).toBe('bytes')
  hub.reset()
  expect((await call(hub, 'GET', blob)).status).toBe(404)
})

/** Starts an upload. @returns path and query of the blob. */
async function uploadUrl(hub: MockHub): Promise<string> {
  const { primaryKey } = hub.registry.get({ deviceId: 'd' }).authentication.symmetricKey
  const resource = `${hub.hostName}/devices/d`
  const authorization = signToken(resource, primaryKey ?? '', hub.clock.now() + 3_600_000)
  const headers = { authorization, 'content-type': 'application/json' }
  const path = '/devices/d/files?api-version=2021-04-12'
  const { body } = await call(hub, 'POST', path, headers, JSON.stringify({ blobName: 'b' }))
  const upload = JSON.parse(body) as Record<string, string> // of this hub
  return `/${upload['containerName'] ?? ''}/${upload['blobName'] ?? ''}${upload['sasToken'] ?? ''}`
}

async function call(
  hub: MockHub,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const sent = request({ host: '127.0.0.1', port: hub.httpsPort, ca: hub.caPem, method, path, headers })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: await text(response) }
}

test('reset leaves a clock that was given as it is', async () => {
  const clock = new ManualClock()
  const hub = await start({ clock })
  clock.advance('1h')
  const now = clock.now()
  hub.reset()
  expect(clock.now()).toBe(now)
})

test('keys from keyOf are the same in the next hub', async () => {
  const keyOf = (purpose: string): string => Buffer.from(purpose.padEnd(40)).toString('base64')
  const seed = { devices: [{ deviceId: 'd' }] }
  const [one, two] = [await start({ seed, keyOf }), await start({ seed, keyOf })]
  expect(one.connectionString({ deviceId: 'd' })).toBe(two.connectionString({ deviceId: 'd' }))
  expect(one.serviceConnectionString).toBe(two.serviceConnectionString)
})

test('the hub uses the given clock and does not stop it', async () => {
  const clock = new ManualClock(0)
  const hub = await start({ clock })
  clock.advance(1_000)
  expect(hub.clock.now()).toBe(1_000)
  let fired = false
  clock.schedule(1_000, () => (fired = true))
  await hub.stop()
  clock.advance(1_000)
  expect(fired).toBe(true)
})

test('a port in use: the error of the system, and nothing stays open', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(start({ httpsPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  other.close()
})

test('after stop no port is open, and a second stop has no effect', async () => {
  const hub = await start()
  await hub.stop()
  await hub.stop()
  const asked = get({ port: hub.httpsPort, host: '127.0.0.1' })
  const [error] = (await once(asked, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
})

test.each<[string, unknown, string]>([
  ['no object', 5, 'options to be an object; given: 5'],
  [
    'an unknown option',
    { mqttport: 1 },
    'mqttport to be left out: there is no such field (did you mean "mqttPort"?); given: 1',
  ],
  ['an option called toString', { toString: 1 }, 'toString to be left out; the known fields are'],
  [
    'a port out of range',
    { mqttPort: 70_000 },
    'mqttPort to be a whole number from 0 to 65535; given: 70000',
  ],
  ['a port as text', { mqttPort: '8883' }, 'mqttPort to be a whole number from 0 to 65535; given: "8883"'],
  [
    'a control port',
    { controlPort: true },
    'controlPort to be a whole number from 0 to 65535 or to be one of false;',
  ],
  ['a host name', { hostName: 'a b' }, 'hostName to be a host name or an IP address; given: "a b"'],
  ['host names', { hostnames: 'hub' }, 'hostnames to be an array; given: "hub"'],
  ['a directory', { certificateDirectory: '' }, 'certificateDirectory to be a non-empty string; given: ""'],
  [
    'an authority',
    { trustedAuthorities: ['x'] },
    'trustedAuthorities[0] to be a certificate in PEM; given: "x"',
  ],
  ['a seed', { seed: 5 }, 'seed to be an object; given: 5'],
  ['a device in a seed', { seed: { devices: ['x'] } }, 'seed.devices[0] to be an object; given: "x"'],
  [
    'a device without an ID',
    { seed: { devices: [{}] } },
    'seed.devices[0].deviceId to be given; given: nothing',
  ],
  ['a snapshot', { seed: { format: 1 } }, 'seed.hostName to be given; given: nothing'],
  ['a storage', { blob: 'x' }, 'blob to be one of "own", "azurite", false or to be an object; given: "x"'],
  ['a storage account', { blob: {} }, 'blob.connectionString to be given; given: nothing'],
  [
    'a workload API',
    { workload: { port: -1 } },
    'workload.port to be a whole number from 0 to 65535; given: -1',
  ],
  ['too many partitions', { partitions: 33 }, 'partitions to be a whole number from 1 to 32; given: 33'],
  [
    'a clock',
    { clock: { now: () => 0 } },
    'clock to be a HubClock or a ManualClock; given: an object with now',
  ],
  ['a logger', { logger: { info: 1 } }, 'logger to be an object with the functions info and warn; given:'],
  [
    'an unknown setting',
    { settings: { skew: 1 } },
    'settings.skew to be left out; the known fields are clockSkew',
  ],
  ['a setting called toString', { settings: { toString: 1 } }, 'settings.toString to be left out;'],
  [
    'a setting of another type',
    { settings: { c2dLockSeconds: '9' } },
    'settings.c2dLockSeconds to be a number from 0',
  ],
  ['a tier', { settings: { tier: 'S9' } }, 'settings.tier to be one of "F1",'],
  ['the host name as a setting', { settings: { hostName: 'x' } }, 'settings.hostName to be left out;'],
  ['a leniency', { lenient: 'yes' }, 'lenient to be true or false; given: "yes"'],
  ['policies', { policies: [{ name: 'a' }] }, 'policies[0].permissions to be given; given: nothing'],
  ['a source of keys', { keyOf: 'x' }, 'keyOf to be a function; given: a string'],
  [
    'a control API open to all',
    { controlAddress: '0.0.0.0' },
    'controlAddress to be loopback when there is no controlToken; given: "0.0.0.0"',
  ],
])('%s is refused by name', async (_what, options, message) => {
  await expect(startMockHub(options as MockHubOptions)).rejects.toThrow(`startMockHub: expected ${message}`)
})

test.each<[unknown, string]>([
  ['t', 'identity to be an object; given: "t"'],
  [undefined, 'identity to be an object; given: nothing'],
  [{ moduleId: 'm' }, 'identity.deviceId to be given; given: nothing'],
  [
    { deviceId: 'd', moduleID: 'm' },
    'identity.moduleID to be left out: there is no such field (did you mean "moduleId"?);',
  ],
])('connectionString(%j) is refused by name', async (identity, message) => {
  const hub = await start()
  expect(() => hub.connectionString(identity as Identity)).toThrow(`connectionString: expected ${message}`)
})

test('an option or a setting that is undefined has its default', async () => {
  const hub = await start({ hostName: undefined, settings: { c2dLockSeconds: undefined } as object })
  expect([hub.hostName, hub.settings.c2dLockSeconds]).toEqual(['127.0.0.1', 60])
})

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['::1', 'localhost'],
  ['127.0.0.15', '127.0.0.15'],
])('a hub at %s has a host name that clients reach, by default %s', async (address, hostName) => {
  expect((await start({ address })).hostName).toBe(hostName)
})

test('a setting given by name wins over a leniency', async () => {
  const hub = await start({ lenient: true, settings: { shortScopeAccepted: false } })
  expect(hub.settings).toMatchObject({ shortScopeAccepted: false, closeOnSixthSubscription: false })
})

test('a seed names event sources; the setting wins', async () => {
  const seed = { eventSources: ['twinChangeEvents'] } as const
  const hub = await start({ seed })
  expect(hub.settings.eventSources).toEqual(['twinChangeEvents'])
  const other = await start({ seed, settings: { eventSources: [] } })
  expect(other.settings.eventSources).toEqual([])
})

test('the workload API on demand listens only while a module exists', async () => {
  const hub = await start({ controlPort: 0, workload: { port: 0, onDemand: true } })
  const reaches = async (uri: string): Promise<boolean> =>
    fetch(`${uri}/trust-bundle?api-version=2021-12-07`).then(
      () => true,
      () => false,
    )
  const uri = async (): Promise<string | undefined> => {
    const { workload } = (await (await fetch(`${hub.controlUrl}/health`)).json()) as {
      workload?: { httpUri: string }
    }
    return workload?.httpUri
  }
  expect(await uri()).toBeUndefined()
  hub.registry.create({ deviceId: 'edge' })
  expect(await uri()).toBeUndefined()
  hub.registry.create({ deviceId: 'edge', moduleId: 'm' })
  const first = (await uri()) ?? ''
  expect(await reaches(first)).toBe(true)
  hub.registry.remove({ deviceId: 'edge' }, '*')
  expect(await uri()).toBeUndefined()
  expect(await reaches(first)).toBe(false)
  hub.registry.create({ deviceId: 'edge' })
  hub.registry.create({ deviceId: 'edge', moduleId: 'm' })
  expect(await reaches((await uri()) ?? '')).toBe(true)
  hub.reset()
  expect(await uri()).toBeUndefined()
})
