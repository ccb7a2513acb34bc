import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { startMockHub, type MockHub } from 'mock-iot-hub'
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
  ServiceError,
  X509,
} from '../index.ts'
import {
  failed,
  HUB,
  KEY,
  listening,
  SCOPE,
  symmetric,
  TestProvisioning,
} from '../testing/test-provisioning.ts'
import { step } from './machine.ts'

let service: TestProvisioning<MockHub>
beforeEach(async () => {
  service = new TestProvisioning(await startMockHub(HUB))
})
afterEach(() => service.hub.stop())

describe('register', () => {
  test('PROV-KEY-01 PROV-RES-01 PROV-RES-02 PROV-RES-03 PROV-REG-01: registers by key, and the device connects to its hub', async () => {
    const result = await service.client().register()
    const [seen] = service.hub.provisioning?.registrations.list() ?? []
    expect(result).toEqual({
      operationId: expect.any(String) as string,
      status: 'assigned',
      registrationState: {
        deviceId: 'd1',
        assignedHub: service.hub.hostName,
        subStatus: 'initialAssignment',
        createdDateTime: seen?.['createdDateTimeUtc'],
        lastUpdateDateTime: seen?.['lastUpdatedDateTimeUtc'],
        etag: seen?.['etag'],
        responsePayload: 'null',
      },
    })
    const [connected] = service.packets('connect')
    expect(connected).toMatchObject({ clientId: 'd1', keepalive: 60 })
    expect(String(connected?.['username'])).toMatch(
      /^0ne00000000\/registrations\/d1\/api-version=2019-03-31&ClientVersion=/,
    )
    expect(String(connected?.['password'])).toContain('sr=0ne00000000%2Fregistrations%2Fd1&')
    const order = service.hub.journal
      .filter({ type: 'packet' })
      .map(({ cmd, direction }) => `${direction} ${cmd}`)
    expect(order.slice(0, 5)).toEqual([
      'in connect',
      'out connack',
      'in subscribe',
      'out suback',
      'in publish',
    ])
    expect(service.packets('subscribe')).toMatchObject([
      { subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }] },
    ])
    const device = IoTHubDeviceClient.createFromSymmetricKey(
      KEY,
      result.registrationState.assignedHub,
      result.registrationState.deviceId,
      service.options(),
    )
    await device.connect()
    await device.shutdown()
  })

  test('PROV-KEY-05: the token lives sastokenTtl seconds', async () => {
    for (const [sastokenTtl, life] of [
      [undefined, 3600],
      [120, 120],
    ] as const) {
      await service.client({ sastokenTtl }).register()
      const password = String(service.packets('connect').at(-1)?.['password'])
      expect(password).toContain(`se=${String(Math.floor(service.clock.now() / 1000) + life)}&`)
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
    service.hub.provisioning?.enrollments.put('x1', {
      attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: cert } } } },
    })
    const { extensions, serverVerificationCert } = service.options()
    const certified = ProvisioningDeviceClient.createFromX509Certificate(
      '127.0.0.1',
      'x1',
      SCOPE,
      new X509(...files),
      { extensions, serverVerificationCert },
    )
    expect(await certified.register()).toMatchObject({ status: 'assigned' })
    expect(service.packets('connect').at(-1)?.['password']).toBeUndefined()
  })

  test.each([[{ a: [1] }], ['a text'], [7], [0]])(
    'PROV-PAY-01 PROV-PAY-02: the payload %j is sent, and none without one',
    async (payload) => {
      const device = service.client()
      await device.register()
      expect(JSON.parse(String(service.published('iotdps-register')[0]?.['payload']))).toEqual({
        registrationId: 'd1',
      })
      const second = service.client()
      second.provisioningPayload = payload
      await second.register()
      expect(JSON.parse(String(service.published('iotdps-register')[1]?.['payload']))).toEqual({
        registrationId: 'd1',
        payload,
      })
      expect(second.provisioningPayload).toEqual(payload)
    },
  )

  test('PROV-REG-02 PROV-REG-03 PROV-REG-04: polls with the operation, after retry-after or 2 s', async () => {
    service.hub.faults.arm({ name: 'dps.register.retry_after', parameters: { seconds: 7 } })
    service.hub.faults.arm({ name: 'dps.register.assigning', parameters: { times: 1 } })
    service.hub.faults.arm({ name: 'dps.poll.retry_after', parameters: { seconds: 4 } })
    const { operationId } = await service.client().register()
    expect(service.clock.waits).toEqual([7_000, 4_000])
    const polls = service.published('iotdps-get-operationstatus')
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
    service.hub.faults.arm({ name: 'dps.register.status', count: 2, parameters: { status, retryAfter: 8 } })
    service.hub.faults.arm({ name: 'dps.poll.status', parameters: { status, retryAfter: 6 } })
    expect(await service.client().register()).toMatchObject({ status: 'assigned' })
    expect(service.clock.waits).toEqual([8_000, 8_000, 3_000, 6_000])
    expect(service.published('iotdps-register')).toHaveLength(3)
    expect(service.published('iotdps-get-operationstatus')).toHaveLength(2)
  })

  test('PROV-REG-06: it disconnects before it settles, also after a failure', async () => {
    for (const fails of [false, true]) {
      if (fails) service.hub.faults.arm({ name: 'dps.register.result' })
      await service
        .client()
        .register()
        .catch(() => undefined)
      expect(service.packets('disconnect')).toHaveLength(fails ? 2 : 1)
    }
  })

  test('PROV-REG-07 PROV-REG-08: one registration at a time, and none after success', async () => {
    const device = service.client()
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
    expect(service.packets('connect')).toHaveLength(1)
  })

  test('PROV-RES-03: the payload of a custom allocation is told as JSON text', async () => {
    const webhook = createServer((_request, response) => {
      response.end(JSON.stringify({ iotHubHostName: service.hub.hostName, payload: { a: 1 } }))
    })
    const port = await listening(webhook)
    service.hub.provisioning?.enrollments.put('c1', {
      attestation: symmetric(KEY),
      allocationPolicy: 'custom',
      customAllocationDefinition: {
        webhookUrl: `http://127.0.0.1:${String(port)}/`,
        apiVersion: '2019-03-31',
      },
    })
    service.hub.faults.arm({ name: 'dps.register.assigning', parameters: { times: 3 } })
    const { registrationState } = await service.client({}, 'c1').register()
    expect(JSON.parse(registrationState.responsePayload)).toEqual({ a: 1 })
    webhook.close()
  })

  test('a registration can be cancelled, and begun again', async () => {
    service.hub.faults.arm({ name: 'dps.register.withhold' })
    const device = service.client()
    const cancelled = new AbortController()
    const work = failed(device.register({ signal: cancelled.signal }))
    await service.hub.journal.until(({ type }) => type === 'registration')
    cancelled.abort('enough')
    const error = await work
    expect(error).toBeInstanceOf(OperationCancelled)
    expect(error.cause).toBe('enough')
    expect(await device.register()).toMatchObject({ status: 'assigned' })
    expect(await failed(service.client().register({ signal: AbortSignal.abort() }))).toBeInstanceOf(
      OperationCancelled,
    )
  })
})

describe('errors', () => {
  test.each([4, 5])('PROV-ERR-01: CONNACK %i', async (code) => {
    service.hub.faults.arm({ name: 'mqtt.connack.code', parameters: { code } })
    expect(await failed(service.client().register())).toBeInstanceOf(CredentialError)
  })

  test('PROV-ERR-02: nobody listens', async () => {
    const taken = createTcp()
    const mqttPort = await listening(taken)
    taken.close()
    const error = failed(
      service.client({ extensions: { endpoint: { host: '127.0.0.1', mqttPort } } }).register(),
    )
    expect(await error).toBeInstanceOf(ConnectionFailedError)
  })

  test.each(['dps.register.close', 'dps.poll.close'])(
    'PROV-ERR-03: %s loses the connection',
    async (name) => {
      service.hub.faults.arm({ name })
      expect(await failed(service.client().register())).toBeInstanceOf(ConnectionDroppedError)
    },
  )

  test('PROV-ERR-04: no CONNACK in time', async () => {
    service.hub.faults.arm({ name: 'mqtt.connack.withhold' })
    const work = failed(service.client().register())
    await service.hub.journal.until((entry) => entry.type === 'packet' && entry.cmd === 'connect')
    service.clock.expire(60_000)
    expect(await work).toBeInstanceOf(OperationTimeout)
  })

  test.each([
    ['dps.register.status', { status: 400 }, 400, 400000],
    ['dps.poll.status', { status: 401 }, 401, 401000],
    ['dps.register.result', { status: 'failed', errorCode: 400209 }, 200, 400209],
    ['dps.register.result', { status: 'disabled' }, 200, undefined],
    ['dps.register.result', { status: 'unassigned' }, 200, undefined],
  ] as const)('PROV-ERR-05: %s %j', async (name, parameters, status, errorCode) => {
    service.hub.faults.arm({ name, parameters })
    const error = await failed(service.client().register())
    expect(error.constructor).toBe(ClientError)
    expect(error.cause).toBeInstanceOf(ServiceError)
    expect(error.cause).toMatchObject({ status, errorCode })
  })

  test('PROV-ERR-05: a wrong key, and a body that cannot be read', async () => {
    const wrong = await failed(service.client({}, 'd1', Buffer.alloc(64, 2).toString('base64')).register())
    expect(wrong.cause).toMatchObject({ status: 401, errorCode: 401002 })
    for (const [body, message] of [
      ['{', 'a body that cannot be read'],
      ['[]', 'a body that cannot be read'],
      ['{}', 'ended with status unknown'],
      ['{"operationId":"x","status":"assigned"}', 'ended with status assigned'],
    ] as const) {
      service.hub.faults.arm({ name: 'dps.poll.body', parameters: { body } })
      const error = await failed(service.client().register())
      expect(error.constructor).toBe(ClientError)
      expect(error.message).toContain(message)
      expect(error.cause).toBeInstanceOf(Error)
    }
  })

  test('PROV-ERR-06: no answer within 30 s', async () => {
    service.hub.faults.arm({ name: 'dps.register.withhold' })
    const work = failed(service.client().register())
    await service.hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
    service.clock.expire(30_000)
    const error = await work
    expect(error.constructor).toBe(ClientError)
    expect(error.message).toContain('No answer to the register within 30 s')
    expect(error.cause).toMatchObject({ status: 408 })
    expect(error.cause).toBeInstanceOf(ServiceError)
  })
})
