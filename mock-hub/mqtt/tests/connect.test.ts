import { createHash, generateKeyPairSync } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { TestServer, sasToken } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
const d2 = { deviceId: 'd2' }
const m1 = { deviceId: 'd1', moduleId: 'm1' }
const API = '?api-version=2021-04-12'

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
  server.device('d2')
  server.module('d1', 'm1')
})
afterEach(() => server.stop())

/** CONNACK with this return code, then a close; the journal has the refusal with this rule. */
async function expectRefused(client: RawClient, rule: string, returnCode = 5): Promise<void> {
  expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode, sessionPresent: false })
  await client.closing()
  expect(server.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
}

/** A close without any packet. */
async function expectClosed(client: RawClient, rule: string): Promise<void> {
  await client.closing()
  expect(client.received).toEqual([])
  expect(server.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
}

describe('user name and client id', () => {
  test.each([
    ['WIRE-CONN-07 WIRE-CONN-10', d1, `localhost/d1/${API}`],
    ['WIRE-CONN-08 WIRE-CONN-11', m1, `localhost/d1/m1/${API}`],
    ['WIRE-CONN-12', d1, 'localhost/d1/api-version=2020-09-30&DeviceClientType=x'],
    ['WIRE-CONN-13', d1, 'localhost/d1'],
    ['WIRE-CONN-14', d1, `localhost/d1/${API}&DeviceClientType=py%2F2.14.0&odd=1&model-id=dtmi%3Ax%3By%3B1`],
    ['WIRE-CONN-15', d1, 'localhost/d1/?api-version=2016-11-14'],
    ['WIRE-CONN-15', d1, 'localhost/d1/?api-version=2017-11-08-preview'],
    ['WIRE-CONN-16', d1, `LOCALHOST/d1/${API}`],
    ['WIRE-CONN-16', d1, `localhost:8883/d1/${API}`],
  ])('%s: %o connects as %s', async (_ids, identity, username) => {
    await server.connected(identity, { username })
  })

  test('WIRE-CONN-14: the model id reaches the twin', async () => {
    await server.connected(d1, { username: `localhost/d1/${API}&model-id=dtmi%3Ax%3By%3B1` })
    expect(server.hub.twins.get(d1).modelId).toBe('dtmi:x;y;1')
  })

  test('WIRE-CONN-09: the client id must be the identity in the user name', async () => {
    await expectRefused(server.dial(d1, { clientId: 'd2' }), 'WIRE-CONN-09')
    await expectRefused(server.dial(d1, { clientId: 'D1' }), 'WIRE-CONN-09')
    await expectRefused(server.dial(d1, { clientId: '' }), 'WIRE-CONN-09')
  })

  test('WIRE-CONN-17: ids are case-sensitive and are not encoded', async () => {
    await expectRefusedAs5(server.dial(d1, { clientId: 'D1', username: `localhost/D1/${API}` }))
    server.device('a.b:c@d#e')
    await server.connected({ deviceId: 'a.b:c@d#e' })
  })

  test.each([
    ['WIRE-CONN-21', 'localhost'],
    ['WIRE-CONN-21', ''],
    ['WIRE-CONN-21', `localhost/d1/m1/x/${API}`],
    ['WIRE-CONN-15', 'localhost/d1/?api-version=newest'],
    ['WIRE-CONN-16', `elsewhere.azure-devices.net/d1/${API}`],
    ['WIRE-CONN-16', `localhost:x/d1/${API}`],
  ])('%s: user name %j', async (rule, username) => {
    await expectRefused(server.dial(d1, { username }), rule)
  })
})

async function expectRefusedAs5(client: RawClient): Promise<void> {
  expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 5, sessionPresent: false })
  await client.closing()
}

describe('credentials', () => {
  const key = (): string => server.hub.registry.get(d1).authentication.symmetricKey.primaryKey ?? ''
  const later = 1_900_000_000

  test('WIRE-CONN-18 WIRE-CONN-22: an unknown device gets 5', async () => {
    const password = Buffer.from(server.token(d1))
    const client = server.dial(d1, { clientId: 'ghost', username: `localhost/ghost/${API}`, password })
    await expectRefusedAs5(client)
  })

  test('WIRE-CONN-19: a disabled device gets 5', async () => {
    server.hub.registry.update(d1, { status: 'disabled' }, '*')
    await expectRefusedAs5(server.dial(d1))
  })

  test('WIRE-CONN-20: a wrong key gets 5', async () => {
    const wrong = sasToken('localhost%2Fdevices%2Fd1', Buffer.alloc(32, 1).toString('base64'), later)
    await expectRefusedAs5(server.dial(d1, { password: Buffer.from(wrong) }))
  })

  test('WIRE-CONN-22: no password gets 5, never 2 or 4', async () => {
    await expectRefusedAs5(server.dial(d1, { password: Buffer.from('') }))
    await expectRefusedAs5(server.dial(d1, { password: Buffer.from('secret') }))
  })

  test.each([
    ['WIRE-AUTH-01', 'any order', (token: string) => reordered(token)],
    ['WIRE-AUTH-02 WIRE-AUTH-04', 'encoded', () => sasToken('localhost%2Fdevices%2Fd1', key(), later)],
    ['WIRE-AUTH-03', 'not encoded', () => sasToken('localhost/devices/d1', key(), later)],
    ['WIRE-AUTH-06', 'the host alone', () => sasToken('localhost', key(), later)],
    [
      'WIRE-AUTH-07',
      'longer than the resource',
      () => sasToken('localhost/devices/d1/api-version=2016-11-14', key(), later),
    ],
    ['WIRE-AUTH-14', 'milliseconds in se', () => sasToken('localhost%2Fdevices%2Fd1', key(), later * 1000)],
  ])('%s: a token with %s is accepted', async (_ids, _what, token) => {
    await server.connected(d1, { password: Buffer.from(token(server.token(d1))) })
  })

  test('WIRE-AUTH-10: the secondary key is accepted', async () => {
    const secondary = server.hub.registry.get(d1).authentication.symmetricKey.secondaryKey ?? ''
    await server.connected(d1, {
      password: Buffer.from(sasToken('localhost%2Fdevices%2Fd1', secondary, later)),
    })
  })

  test('WIRE-AUTH-05: a module connects with its own key', async () => {
    await server.connected(m1)
  })

  test("WIRE-AUTH-08: another device's scope gets 5", async () => {
    await expectRefusedAs5(
      server.dial(d1, { password: Buffer.from(sasToken('localhost%2Fdevices%2Fd2', key(), later)) }),
    )
    await expectRefusedAs5(
      server.dial(d1, { password: Buffer.from(sasToken('localhost%2Fdevices%2Fd', key(), later)) }),
    )
  })

  test('WIRE-AUTH-09: a policy needs DeviceConnect', async () => {
    const policy = (name: string): Buffer => {
      const { primaryKey } = server.hub.policies.find((entry) => entry.name === name)!
      return Buffer.from(sasToken('localhost', primaryKey, later, name))
    }
    await server.connected(d1, { password: policy('device') })
    await server.connected(d1, { password: policy('iothubowner') })
    await expectRefusedAs5(server.dial(d1, { password: policy('service') }))
    await expectRefusedAs5(server.dial(d1, { password: policy('registryRead') }))
  })

  test('WIRE-AUTH-11 WIRE-AUTH-12: five minutes of clock skew are allowed', async () => {
    const now = server.clock.now() / 1000
    await server.connected(d1, { password: Buffer.from(server.token(d1, now - 299)) })
    await expectRefusedAs5(server.dial(d1, { password: Buffer.from(server.token(d1, now - 301)) }))
  })

  test('WIRE-AUTH-13: a live connection is closed ten minutes after se', async () => {
    const client = await server.connected(d1, {
      password: Buffer.from(server.token(d1, server.clock.now() / 1000 + 60)),
    })
    server.clock.advance(60_000 + 599_000)
    expect(await client.settled()).toEqual([])
    server.clock.advance(2_000)
    await client.closing()
    expect(client.received.filter(({ cmd }) => cmd !== 'pingresp')).toHaveLength(1)
    await server.journal('link-closed', (entry) => entry.reason.startsWith('token-expired'))
  })

  test('WIRE-AUTH-12 WIRE-AUTH-13: a token that is let expire closes the connection and is refused again', async () => {
    const password = Buffer.from(server.token(d1, server.clock.now() / 1000 + 3_600))
    const client = await server.connected(d1, { password })
    server.hub.expireToken(d1)
    await client.closing()
    await expectRefused(server.dial(d1, { password }), 'WIRE-AUTH-12')
    const renewed = Buffer.from(server.token(d1, server.clock.now() / 1000 + 3_601))
    await server.connected(d1, { password: renewed })
  })

  test('WIRE-AUTH-15 WIRE-AUTH-16: the thumbprint of the certificate decides', async () => {
    const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      type: 'spki',
      format: 'der',
    })
    const thumbprint = createHash('sha256').update(leaf).digest('hex')
    server.device('x1', {
      authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint.toUpperCase() } },
    })
    await server.connected({ deviceId: 'x1' }, { certificates: [leaf] })
    await expectRefusedAs5(server.dial({ deviceId: 'x1' }, { certificates: [Buffer.from('another')] }))
  })

  test('WIRE-AUTH-18: authentication type none gets 5', async () => {
    server.device('n1', { authentication: { type: 'none' } })
    const password = Buffer.from(sasToken('localhost%2Fdevices%2Fn1', key(), later))
    await expectRefusedAs5(server.dial({ deviceId: 'n1' }, { password }))
  })

  test('the journal holds no signature', async () => {
    await server.connected(d1)
    const text = JSON.stringify(
      server.hub.journal.entries.map((entry) => (entry.type === 'packet' ? entry.packet : entry)),
      (_key, value: unknown) => (isBuffer(value) ? Buffer.from(value.data).toString() : value),
    )
    expect(text).toContain('sig=***')
    expect(text).not.toMatch(/sig=(?!\*)/)
  })

  test('the journal says that a signature was not percent-encoded', async () => {
    const password = Buffer.from(sasToken('localhost%2Fdevices%2Fd1', key(), later))
    const raw = decodeURIComponent(/sig=([^&]*)/.exec(password.toString())?.[1] ?? '')
    await server.connected(d1, {
      password: Buffer.from(password.toString().replace(/sig=[^&]*/, () => `sig=${raw}`)),
    })
    const sent = server.hub.journal.entries.find(
      (entry) => entry.type === 'packet' && entry.cmd === 'connect',
    )
    expect(String((sent as { packet: { password: Buffer } }).packet.password)).toContain(
      'sig=*** (not percent-encoded)&',
    )
  })
})

function isBuffer(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
}

function reordered(token: string): string {
  const [prefix, fields = ''] = token.split(' ')
  return `${prefix ?? ''} ${fields.split('&').reverse().join('&')}`
}

describe('the first packets', () => {
  test('WIRE-CONN-23: another protocol level gets 1', async () => {
    for (const level of [3, 5, 9]) {
      const client = server.open()
      const name = level === 3 ? 'MQIsdp' : 'MQTT'
      client.send(
        Buffer.from([
          0x10,
          name.length + 10,
          0,
          name.length,
          ...Buffer.from(name),
          level,
          2,
          0,
          0,
          0,
          2,
          0x64,
          0x31,
        ]),
      )
      await expectRefused(client, 'WIRE-CONN-23', 1)
    }
  })

  test('WIRE-CONN-24: a first packet other than CONNECT closes', async () => {
    for (const bytes of [
      [0xc0, 0],
      [0x30, 2, 0, 0],
      [0xe0, 0],
      [0x82, 2, 0, 1],
    ]) {
      const client = server.open()
      client.send(Buffer.from(bytes))
      await expectClosed(client, 'WIRE-CONN-24')
    }
  })

  test('WIRE-CONN-25: a second CONNECT closes', async () => {
    const client = await server.connected(d1)
    client.connect({
      clientId: 'd1',
      username: `localhost/d1/${API}`,
      password: Buffer.from(server.token(d1)),
    })
    await client.closing()
    expect(client.received).toHaveLength(1)
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-CONN-25')
  })

  test('WIRE-CONN-26: no CONNECT within 60 s closes', async () => {
    const client = server.open()
    server.clock.advance(59_999)
    expect(server.mqtt.connections).toBe(1)
    server.clock.advance(1)
    await expectClosed(client, 'WIRE-CONN-26')
    expect(server.mqtt.connections).toBe(0)
  })

  test('WIRE-CONN-27: packets sent right after CONNECT are handled after it', async () => {
    const client = server.dial(d1)
    client.send(
      { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] },
      { cmd: 'publish', topic: '$iothub/twin/GET/?$rid=1', payload: '', qos: 0, dup: false, retain: false },
      { cmd: 'pingreq' },
    )
    const order = [await client.next(), await client.next(), await client.next(), await client.next()]
    expect(order.map(({ cmd }) => cmd)).toEqual(['connack', 'suback', 'publish', 'pingresp'])
  })

  test('a client that leaves while it waits for CONNACK is noticed', async () => {
    server.hub.faults.arm({ name: 'mqtt.connack.withhold' })
    const [near, far] = duplexPair()
    server.mqtt.accept(far, { transport: 'mqtt', peer: 'test' })
    new RawClient(near, far).connect({
      clientId: 'd1',
      username: `localhost/d1/${API}`,
      password: Buffer.from(server.token(d1)),
    })
    near.end()
    await server.journal('link-closed', ({ reason }) => reason === 'closed by the client')
  })

  test('WIRE-CONN-28: the newer connection wins', async () => {
    const old = await server.connected(d1)
    const young = await server.connected(d1)
    await old.closing()
    expect(old.received).toHaveLength(1)
    expect(await young.settled()).toEqual([])
    await server.journal('link-closed', ({ reason }) => reason.startsWith('taken-over'))
    expect(server.mqtt.connections).toBe(1)
  })

  test('WIRE-CONN-28: of many connections at once the last one stays', async () => {
    const clients = Array.from({ length: 8 }, () => server.dial(d1, { clean: false }))
    for (const client of clients.slice(0, -1)) await client.closing()
    const last = clients.at(-1)!
    expect(await last.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(await last.settled()).toEqual([])
    expect(server.mqtt.connections).toBe(1)
  })

  test('WIRE-CONN-29: a module does not close the connection of its device', async () => {
    const device = await server.connected(d1)
    const module = await server.connected(m1)
    expect(await device.settled()).toEqual([])
    expect(await module.settled()).toEqual([])
  })

  test.each([
    ['WIRE-CONN-30', () => server.hub.registry.update(d1, { status: 'disabled' }, '*')],
    ['WIRE-CONN-31', () => server.hub.registry.remove(d1, '*')],
  ])('%s: the live connection is closed, and a new one is refused', async (_id, change) => {
    const client = await server.connected(d1)
    const password = Buffer.from(server.token(d1))
    change()
    await client.closing()
    const again = server.open()
    again.connect({ clientId: 'd1', username: `localhost/d1/${API}`, password })
    await expectRefusedAs5(again)
  })

  test('WIRE-CONN-33: DISCONNECT ends the connection without a will', async () => {
    const will = {
      topic: 'devices/d1/messages/events/',
      payload: Buffer.from('bye'),
      qos: 0 as const,
      retain: false,
    }
    const client = await server.connected(d1, { will })
    expect(server.hub.registry.get(d1).connectionState).toBe('Connected')
    client.send({ cmd: 'disconnect' })
    await client.closing()
    expect(server.hub.registry.get(d1).connectionState).toBe('Disconnected')
    // A later link of the same broker has gone through: the will had its chance.
    await (await server.connected(d2)).settled()
    expect(server.hub.telemetry.messages).toEqual([])
  })
})

test('WIRE-EDGE-11: $edgeHub connects a child with its own token and the auth-chain in the user name', async () => {
  const { hub } = server
  hub.registry.create({ deviceId: 'gateway' }, { iotEdge: true })
  hub.registry.update({ deviceId: 'gateway', moduleId: '$edgeHub' }, { authentication: { type: 'sas' } }, '*')
  const { deviceScope } = hub.registry.get({ deviceId: 'gateway' })
  hub.registry.create({ deviceId: 'leaf' }, { deviceScope })
  const password = Buffer.from(server.token({ deviceId: 'gateway', moduleId: '$edgeHub' }))
  const user = `${hub.hostName}/leaf/?api-version=2021-04-12&DeviceClientType=x`
  for (const [chain, returnCode] of [
    ['&auth-chain=leaf%3Bgateway', 0],
    ['&auth-chain=leaf;gateway', 0],
    ['&auth-chain=leaf%3Bd1', 5],
    ['', 5],
  ] as const) {
    const client = server.open()
    client.connect({ clientId: 'leaf', username: `${user}${chain}`, password })
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode })
    client.drop()
  }
})
