import { createServer } from 'node:net'
import { get } from 'node:https'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../base/clock.ts'
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

test('two hubs stand beside each other, each on ports of its own', async () => {
  const [one, two] = [await start(), await start()]
  expect(new Set([one.mqttPort, one.httpsPort, two.mqttPort, two.httpsPort]).size).toBe(4)
})

test('a client that trusts the CA and names the host is let through TLS', async () => {
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

test('identities of the seed have connection strings; reset brings them back as they were', async () => {
  const hub = await start({ seed: { devices: [{ deviceId: 'd', modules: [{ moduleId: 'm' }] }] } })
  const before = [
    hub.connectionString({ deviceId: 'd' }),
    hub.connectionString({ deviceId: 'd', moduleId: 'm' }),
  ]
  expect(before[1]).toMatch(/^HostName=localhost;DeviceId=d;ModuleId=m;SharedAccessKey=.{40,}$/)
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
  expect(hub.services.configurations.list(10)).toEqual([])
})

test('keys of a source are the same in the next hub', async () => {
  const keyOf = (purpose: string): string => Buffer.from(purpose.padEnd(40)).toString('base64')
  const seed = { devices: [{ deviceId: 'd' }] }
  const [one, two] = [await start({ seed, keyOf }), await start({ seed, keyOf })]
  expect(one.connectionString({ deviceId: 'd' })).toBe(two.connectionString({ deviceId: 'd' }))
  expect(one.serviceConnectionString).toBe(two.serviceConnectionString)
})

test('the clock that is given is the hub’s, and stays its giver’s', async () => {
  const clock = new ManualClock(0)
  const hub = await start({ clock })
  clock.advance(1_000)
  expect(hub.clock.now()).toBe(1_000)
  let rung = false
  clock.schedule(1_000, () => (rung = true))
  await hub.stop()
  clock.advance(1_000)
  expect(rung).toBe(true)
})

test('a port that is in use is refused with the system’s word, and nothing stays open', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(start({ httpsPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  other.close()
})

test('after stop nobody answers, and stopping again is harmless', async () => {
  const hub = await start()
  await hub.stop()
  await hub.stop()
  const asked = get({ port: hub.httpsPort, host: '127.0.0.1' })
  const [error] = (await once(asked, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
})

test.each<[string, object, string]>([
  ['an unknown option', { mqttport: 1 }, 'startMockHub: there is no option mqttport; there are hostName,'],
  [
    'a port that is none',
    { mqttPort: 70_000 },
    'mqttPort: must be a whole number from 0 to 65535, got 70000',
  ],
  ['too many partitions', { partitions: 33 }, 'partitions: must be a whole number from 1 to 32, got 33'],
  [
    'an unknown setting',
    { settings: { skew: 1 } },
    'settings: there is no setting skew; there are clockSkewSeconds,',
  ],
  [
    'a control listener open to all',
    { controlAddress: '0.0.0.0' },
    'controlAddress: beyond loopback the control listener needs a controlToken, got the address 0.0.0.0',
  ],
])('%s is refused by name', async (_what, options, message) => {
  await expect(start(options)).rejects.toThrow(message)
})
