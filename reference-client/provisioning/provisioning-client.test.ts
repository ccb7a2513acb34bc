import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTcp, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMockHub, type MockHub, type MockHubOptions } from 'mock-iot-hub'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
  IoTHubDeviceClient,
  OperationCancelled,
  OperationTimeout,
  ProvisioningDeviceClient,
  ProxyOptions,
  ServiceError,
  ValueError,
  X509,
  type ProvisioningKeyOptions,
} from '../index.ts'
import { HastyClock } from '../testing/hasty-clock.ts'
import { step } from './machine.ts'

const KEY = Buffer.alloc(64, 1).toString('base64')
const SCOPE = '0ne00000000'

let hub: MockHub
let clock: HastyClock
const start = async (options: MockHubOptions = {}): Promise<void> => {
  clock = new HastyClock()
  hub = await startMockHub({
    ...options,
    controlPort: false,
    seed: { enrollments: [{ registrationId: 'd1', attestation: symmetric(KEY) }] },
  })
}
const symmetric = (primaryKey: string) => ({ type: 'symmetricKey', symmetricKey: { primaryKey } })
beforeEach(() => start())
afterEach(() => hub.stop())

const options = (more: ProvisioningKeyOptions = {}): ProvisioningKeyOptions => ({
  serverVerificationCert: hub.caPem,
  ...more,
  extensions: {
    clock,
    endpoint: { host: '127.0.0.1', mqttPort: hub.mqttPort, httpsPort: hub.httpsPort },
    ...more.extensions,
  },
})
const client = (more: ProvisioningKeyOptions = {}, id = 'd1', key = KEY): ProvisioningDeviceClient =>
  ProvisioningDeviceClient.createFromSymmetricKey('127.0.0.1', id, SCOPE, key, options(more))
const failed = async (work: Promise<unknown>): Promise<Error> => {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was refused')
}
const packets = (cmd: string): Record<string, unknown>[] =>
  hub.journal
    .filter({ type: 'packet' })
    .filter((entry) => entry.cmd === cmd && entry.direction === 'in')
    .map(({ packet }) => packet as Record<string, unknown>)
const published = (part: string): Record<string, unknown>[] =>
  packets('publish').filter(({ topic }) => String(topic).includes(part))

describe('register', () => {
  test('PROV-KEY-01 PROV-RES-01 PROV-RES-02 PROV-RES-03 PROV-REG-01: registers by key, and the device connects to its hub', async () => {
    const result = await client().register()
    const [seen] = hub.provisioning?.registrations.list() ?? []
    expect(result).toEqual({
      operationId: expect.any(String) as string,
      status: 'assigned',
      registrationState: {
        deviceId: 'd1',
        assignedHub: hub.hostName,
        subStatus: 'initialAssignment',
        createdDateTime: seen?.['createdDateTimeUtc'],
        lastUpdateDateTime: seen?.['lastUpdatedDateTimeUtc'],
        etag: seen?.['etag'],
        responsePayload: 'null',
      },
    })
    const [connected] = packets('connect')
    expect(connected).toMatchObject({ clientId: 'd1', keepalive: 60 })
    expect(String(connected?.['username'])).toMatch(
      /^0ne00000000\/registrations\/d1\/api-version=2019-03-31&ClientVersion=/,
    )
    expect(String(connected?.['password'])).toContain('sr=0ne00000000%2Fregistrations%2Fd1&')
    const order = hub.journal.filter({ type: 'packet' }).map(({ cmd, direction }) => `${direction} ${cmd}`)
    expect(order.slice(0, 5)).toEqual([
      'in connect',
      'out connack',
      'in subscribe',
      'out suback',
      'in publish',
    ])
    expect(packets('subscribe')).toMatchObject([
      { subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }] },
    ])
    const device = IoTHubDeviceClient.createFromSymmetricKey(
      KEY,
      result.registrationState.assignedHub,
      result.registrationState.deviceId,
      options(),
    )
    await device.connect()
    await device.shutdown()
  })

  test('PROV-KEY-05: the token lives sastokenTtl seconds', async () => {
    for (const [sastokenTtl, life] of [
      [undefined, 3600],
      [120, 120],
    ] as const) {
      await client({ sastokenTtl }).register()
      const password = String(packets('connect').at(-1)?.['password'])
      expect(password).toContain(`se=${String(Math.floor(clock.now() / 1000) + life)}&`)
    }
  })

  test('PROV-X509-01: registers by certificate, without a password', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'x1' }], {
      algorithm: 'sha256',
      keyType: 'ec',
    })
    const folder = mkdtempSync(join(tmpdir(), 'provisioning-'))
    const files = [join(folder, 'cert.pem'), join(folder, 'key.pem')] as const
    for (const [index, text] of [cert, key].entries()) writeFileSync(files[index] ?? '', text)
    hub.provisioning?.enrollments.put('x1', {
      attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: cert } } } },
    })
    const { extensions, serverVerificationCert } = options()
    const certified = ProvisioningDeviceClient.createFromX509Certificate(
      '127.0.0.1',
      'x1',
      SCOPE,
      new X509(...files),
      { extensions, serverVerificationCert },
    )
    expect(await certified.register()).toMatchObject({ status: 'assigned' })
    expect(packets('connect').at(-1)?.['password']).toBeUndefined()
  })

  test.each([[{ a: [1] }], ['a text'], [7], [0]])(
    'PROV-PAY-01 PROV-PAY-02: the payload %j is sent, and none without one',
    async (payload) => {
      const device = client()
      await device.register()
      expect(JSON.parse(String(published('iotdps-register')[0]?.['payload']))).toEqual({
        registrationId: 'd1',
      })
      const second = client()
      second.provisioningPayload = payload
      await second.register()
      expect(JSON.parse(String(published('iotdps-register')[1]?.['payload']))).toEqual({
        registrationId: 'd1',
        payload,
      })
      expect(second.provisioningPayload).toEqual(payload)
    },
  )

  test('PROV-REG-02 PROV-REG-03 PROV-REG-04: polls with the operation, after retry-after or 2 s', async () => {
    hub.faults.arm({ name: 'dps.register.retry_after', parameters: { seconds: 7 } })
    hub.faults.arm({ name: 'dps.register.assigning', parameters: { times: 1 } })
    hub.faults.arm({ name: 'dps.poll.retry_after', parameters: { seconds: 4 } })
    const { operationId } = await client().register()
    expect(clock.waits).toEqual([7_000, 4_000])
    const polls = published('iotdps-get-operationstatus')
    expect(polls).toHaveLength(2)
    for (const { topic } of polls)
      expect(String(topic)).toContain(`&operationId=${encodeURIComponent(operationId)}`)
    expect(
      step(
        { at: 'requesting', request: { type: 'register' }, requestId: '1' },
        {
          type: 'answer',
          topic: { status: 202, requestId: '1', retryAfter: undefined },
          body: '{"operationId":"o","status":"assigning"}',
        },
      )[1],
    ).toEqual({ type: 'timer', ms: 2_000 })
  })

  test.each([429, 500, 503])('PROV-REG-05: after %i the same request comes again', async (status) => {
    hub.faults.arm({ name: 'dps.register.status', count: 2, parameters: { status, retryAfter: 8 } })
    hub.faults.arm({ name: 'dps.poll.status', parameters: { status, retryAfter: 6 } })
    expect(await client().register()).toMatchObject({ status: 'assigned' })
    expect(clock.waits).toEqual([8_000, 8_000, 3_000, 6_000])
    expect(published('iotdps-register')).toHaveLength(3)
    expect(published('iotdps-get-operationstatus')).toHaveLength(2)
  })

  test('PROV-REG-06: it disconnects before it settles, also after a failure', async () => {
    for (const fails of [false, true]) {
      if (fails) hub.faults.arm({ name: 'dps.register.result' })
      await client()
        .register()
        .catch(() => undefined)
      expect(packets('disconnect')).toHaveLength(fails ? 2 : 1)
    }
  })

  test('PROV-REG-07 PROV-REG-08: one registration at a time, and none after success', async () => {
    const device = client()
    const first = device.register()
    const refused = await failed(device.register())
    expect([refused.constructor, refused.message]).toEqual([
      ClientError,
      'The client is registering its device already',
    ])
    expect(await first).toMatchObject({ status: 'assigned' })
    const error = await failed(device.register())
    expect([error.constructor, error.message]).toEqual([
      ClientError,
      'The client has registered its device and is no longer operable',
    ])
    expect(packets('connect')).toHaveLength(1)
  })

  test('PROV-RES-03: the payload of a custom allocation is told as JSON text', async () => {
    const webhook = createServer((_request, response) => {
      response.end(JSON.stringify({ iotHubHostName: hub.hostName, payload: { a: 1 } }))
    })
    await listening(webhook)
    hub.provisioning?.enrollments.put('c1', {
      attestation: symmetric(KEY),
      allocationPolicy: 'custom',
      customAllocationDefinition: {
        webhookUrl: `http://127.0.0.1:${String(portOf(webhook))}/`,
        apiVersion: '2019-03-31',
      },
    })
    hub.faults.arm({ name: 'dps.register.assigning', parameters: { times: 3 } })
    const { registrationState } = await client({}, 'c1').register()
    expect(JSON.parse(registrationState.responsePayload)).toEqual({ a: 1 })
    webhook.close()
  })

  test('a registration can be cancelled, and begun again', async () => {
    hub.faults.arm({ name: 'dps.register.withhold' })
    const device = client()
    const cancelled = new AbortController()
    const work = failed(device.register({ signal: cancelled.signal }))
    await hub.journal.until(({ type }) => type === 'registration')
    cancelled.abort('enough')
    const error = await work
    expect(error).toBeInstanceOf(OperationCancelled)
    expect(error.cause).toBe('enough')
    expect(await device.register()).toMatchObject({ status: 'assigned' })
    expect(await failed(client().register({ signal: AbortSignal.abort() }))).toBeInstanceOf(
      OperationCancelled,
    )
  })
})

const listening = async (server: Server | ReturnType<typeof createTcp>): Promise<void> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
const portOf = (server: Server | ReturnType<typeof createTcp>): number =>
  (server.address() as AddressInfo).port

describe('options', () => {
  test('PROV-OPT-01: WebSockets on 443, or MQTT on 8883', async () => {
    await client({ websockets: true }).register()
    await client().register()
    const transports = hub.journal.filter({ type: 'link-opened' }).map(({ transport }) => transport)
    expect(transports).toEqual(['mqtt-ws', 'mqtt'])
  })

  test('PROV-OPT-02: serverVerificationCert is the anchor; without it the server is not trusted', async () => {
    const error = await failed(client({ serverVerificationCert: undefined }).register())
    expect(error.constructor).toBe(ClientError)
    expect(error.cause).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    expect(packets('connect')).toEqual([])
    expect(await client().register()).toMatchObject({ status: 'assigned' })
  })

  test('PROV-OPT-03: gatewayHostname is dialled, and the user name does not change', async () => {
    const { extensions, serverVerificationCert } = options()
    const { mqttPort } = hub
    const device = ProvisioningDeviceClient.createFromSymmetricKey('nowhere.invalid', 'd1', SCOPE, KEY, {
      ...{ serverVerificationCert, gatewayHostname: '127.0.0.1' },
      extensions: { ...extensions, endpoint: { mqttPort } },
    })
    await device.register()
    expect(packets('connect')[0]?.['username']).toMatch(/^0ne00000000\/registrations\/d1\//)
  })

  test('PROV-OPT-04: cipher chooses the suite, and an unusable one is refused', async () => {
    expect(await client({ cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' }).register()).toMatchObject({
      status: 'assigned',
    })
    expect(hub.journal.filter({ type: 'link-opened' })[0]?.tls?.version).toBe('TLSv1.2')
    expect(() => client({ cipher: 'NONE-SUCH' })).toThrow(ValueError)
  })

  test('PROV-OPT-05: the proxy sees CONNECT to the provisioning host', async () => {
    const seen: string[] = []
    const proxy = createServer()
    proxy.on('connect', ({ url = '' }, socket) => {
      seen.push(url)
      const through = connect(hub.mqttPort, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        through.pipe(socket).pipe(through)
      })
      for (const each of [socket, through]) each.on('error', () => socket.destroy())
    })
    await listening(proxy)
    const proxyOptions = new ProxyOptions('HTTP', '127.0.0.1', portOf(proxy))
    expect(await client({ proxyOptions }).register()).toMatchObject({ status: 'assigned' })
    expect(seen).toEqual([`127.0.0.1:${String(hub.mqttPort)}`])
    proxy.close()
  })

  test('PROV-OPT-06: keepAlive, in either spelling', async () => {
    for (const more of [{ keepAlive: 90 }, { keepalive: 91 }]) await client(more).register()
    expect(packets('connect').map(({ keepalive }) => keepalive)).toEqual([90, 91])
    expect(() => client({ keepAlive: 1741 })).toThrow(ValueError)
  })
})

describe('errors', () => {
  test.each([4, 5])('PROV-ERR-01: CONNACK %i', async (code) => {
    hub.faults.arm({ name: 'mqtt.connack.code', parameters: { code } })
    expect(await failed(client().register())).toBeInstanceOf(CredentialError)
  })

  test('PROV-ERR-02: nobody listens', async () => {
    const taken = createTcp()
    await listening(taken)
    const mqttPort = portOf(taken)
    taken.close()
    const error = failed(client({ extensions: { endpoint: { host: '127.0.0.1', mqttPort } } }).register())
    expect(await error).toBeInstanceOf(ConnectionFailedError)
  })

  test.each(['dps.register.close', 'dps.poll.close'])(
    'PROV-ERR-03: %s loses the connection',
    async (name) => {
      hub.faults.arm({ name })
      expect(await failed(client().register())).toBeInstanceOf(ConnectionDroppedError)
    },
  )

  test('PROV-ERR-04: no CONNACK in time', async () => {
    hub.faults.arm({ name: 'mqtt.connack.withhold' })
    const work = failed(client().register())
    await hub.journal.until((entry) => entry.type === 'packet' && entry.cmd === 'connect')
    clock.expire(60_000)
    expect(await work).toBeInstanceOf(OperationTimeout)
  })

  test.each([
    ['dps.register.status', { status: 400 }, 400, 400000],
    ['dps.poll.status', { status: 401 }, 401, 401000],
    ['dps.register.result', { status: 'failed', errorCode: 400209 }, 200, 400209],
    ['dps.register.result', { status: 'disabled' }, 200, undefined],
    ['dps.register.result', { status: 'unassigned' }, 200, undefined],
  ] as const)('PROV-ERR-05: %s %j', async (name, parameters, status, errorCode) => {
    hub.faults.arm({ name, parameters })
    const error = await failed(client().register())
    expect(error.constructor).toBe(ClientError)
    expect(error.cause).toBeInstanceOf(ServiceError)
    expect(error.cause).toMatchObject({ status, errorCode })
  })

  test('PROV-ERR-05: a wrong key, and a body that cannot be read', async () => {
    const wrong = await failed(client({}, 'd1', Buffer.alloc(64, 2).toString('base64')).register())
    expect(wrong.cause).toMatchObject({ status: 401, errorCode: 401002 })
    for (const [body, message] of [
      ['{', 'a body that cannot be read'],
      ['[]', 'a body that cannot be read'],
      ['{}', 'ended with status unknown'],
      ['{"operationId":"x","status":"assigned"}', 'ended with status assigned'],
    ] as const) {
      hub.faults.arm({ name: 'dps.poll.body', parameters: { body } })
      const error = await failed(client().register())
      expect(error.constructor).toBe(ClientError)
      expect(error.message).toContain(message)
      expect(error.cause).toBeInstanceOf(Error)
    }
  })

  test('PROV-ERR-06: no answer within 30 s', async () => {
    hub.faults.arm({ name: 'dps.register.withhold' })
    const work = failed(client().register())
    await hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
    clock.expire(30_000)
    const error = await work
    expect(error.constructor).toBe(ClientError)
    expect(error.message).toContain('No answer to the register within 30 s')
    expect(error.cause).toMatchObject({ status: 408 })
    expect(error.cause).toBeInstanceOf(ServiceError)
  })
})
