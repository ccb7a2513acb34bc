import type { IConnectPacket } from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Settings } from '../../core/contract/settings.ts'
import { make } from '../../provisioning/testing/certificates.ts'
import { KEY, SCOPE, token } from '../../provisioning/testing/test-provisioning.ts'
import { formatAnswerTopic, parseRequestTopic } from '../provisioning/topics.ts'
import type { ConnectionInfo } from '../server.ts'
import type { RawClient } from '../testing/raw-client.ts'
import {
  ANSWERS,
  bodyOf,
  POLL,
  publish,
  REGISTER,
  request,
  TestRegistrants,
  usernameOf,
} from '../testing/test-registrants.ts'
import { TestServer } from '../testing/test-server.ts'

let registrants: TestRegistrants
let server: TestServer
const open = async (settings: Partial<Settings> = {}): Promise<void> => {
  registrants = await TestRegistrants.open(settings)
  server = registrants.server
}
beforeEach(() => open())
afterEach(() => server.stop())

const dial = (options: Partial<IConnectPacket> = {}, info: Partial<ConnectionInfo> = {}): RawClient =>
  registrants.dial(options, info)
const returnCode = async (options: Partial<IConnectPacket> = {}, info = {}): Promise<number | undefined> =>
  (await dial(options, info).take('connack')).returnCode
const subscribed = (qos: 0 | 1 | 2 = 1, options: Partial<IConnectPacket> = {}): Promise<RawClient> =>
  registrants.subscribed(qos, options)
const ended = (): Promise<unknown> => registrants.ended()

describe('CONNECT', () => {
  test.each([
    `${SCOPE}/registrations/d1/api-version=2019-03-31`,
    `${SCOPE}/registrations/d1/api-version=2019-03-31&ClientVersion=azure-iot-device%2F2.1`,
    `${SCOPE}/registrations/d1/api-version=2021-06-01&ClientVersion=1.x.y`,
    `${SCOPE}/registrations/d1/?api-version=2019-03-31`,
    `${SCOPE}/registrations/d1/api-version=2019-03-31&x=1&api-version=nonsense`,
    `${SCOPE}/registrations/d1/api-version=2017-08-31-preview`,
  ])('DPS-CONN-01 DPS-CONN-02: %s', async (username) => {
    expect(await returnCode({ username })).toBe(0)
  })

  test.each([
    ['DPS-CONN-04', { username: `${SCOPE}/registrations/d1` }],
    ['DPS-CONN-04', { username: `${SCOPE}/registrations/d1/` }],
    ['DPS-CONN-04', { username: `${SCOPE}/registrations/d1/api-version=soon` }],
    ['DPS-CONN-04', { username: `${SCOPE}/registrations//api-version=2019-03-31`, clientId: 'd1' }],
    ['DPS-CONN-03', { clientId: 'd2' }],
    ['DPS-AUTH-17', { password: Buffer.alloc(0) }],
    ['DPS-AUTH-01', { password: Buffer.from('secret') }],
    ['DPS-CONN-01', { will: { topic: 'x', payload: Buffer.alloc(0), qos: 0, retain: false } }],
  ] as const)('%s: %j is refused with 5, then the connection closes', async (rule, options) => {
    const client = dial(options)
    expect((await client.take('connack')).returnCode).toBe(5)
    await client.closing()
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
  })

  test('DPS-AUTH-08 DPS-AUTH-09: a token of another registration, and an expired one', async () => {
    for (const password of [token(server, 'd2'), token(server, 'd1', KEY, { seconds: -1000 })])
      expect(await returnCode({ password: Buffer.from(password) })).toBe(5)
  })

  test('DPS-CONN-10: the hub and the service are told apart by the user name', async () => {
    server.device('d1')
    server.device('registrations')
    await server.connected({ deviceId: 'd1' })
    server.module('registrations', 'm1')
    await server.connected({ deviceId: 'registrations', moduleId: 'm1' })
    expect(await returnCode()).toBe(0)
  })

  test('DPS-CONN-08: on a path of provisioning alone the hub is refused', async () => {
    server.device('h1')
    const info = { transport: 'mqtt-ws', onlyProvisioning: true } as const
    const client = server.open(info)
    client.connect({
      clientId: 'h1',
      username: `${server.hub.hostName}/h1/?api-version=2021-04-12`,
      password: Buffer.from(server.token({ deviceId: 'h1' })),
    })
    expect((await client.take('connack')).returnCode).toBe(5)
    expect(await returnCode({}, info)).toBe(0)
  })

  test('DPS-AUTH-10: the setting moves the credential to CONNECT', async () => {
    const wrong = { password: Buffer.from(token(server, 'd1', Buffer.alloc(64, 9).toString('base64'))) }
    expect(await returnCode(wrong)).toBe(0)
    await server.stop()
    await open({ dpsJudgesAtConnect: true })
    expect(await returnCode(wrong)).toBe(5)
    expect(await returnCode()).toBe(0)
  })

  test('DPS-AUTH-11 DPS-AUTH-12: a certificate and no password', async () => {
    const { der, pem } = await make('x1')
    registrants.dps.individual.put('x1', {
      attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: pem } } } },
    })
    const as = (id: string) => ({ clientId: id, username: usernameOf(id) })
    expect(await returnCode(as('x1'), { certificates: [der] })).toBe(0)
    expect(await returnCode(as('x2'), { certificates: [der] })).toBe(5)
  })

  test('DPS-CONN-06: keep-alive 0 holds while nothing is sent; another one ends the connection', async () => {
    const idle = dial({ keepalive: 0 })
    const short = dial({
      keepalive: 10,
      clientId: 'd2',
      username: usernameOf('d2'),
      password: Buffer.from(token(server, 'd2')),
    })
    for (const client of [idle, short]) await client.take('connack')
    server.clock.advance('60s')
    await short.closing()
    expect(await idle.settled()).toEqual([])
  })

  test('DPS-CONN-05: no session is kept, with the clean-session flag off', async () => {
    const first = await subscribed(1, { clean: false })
    first.send({ cmd: 'disconnect' })
    await first.closing()
    const again = dial({ clean: false })
    expect(await again.take('connack')).toMatchObject({ returnCode: 0, sessionPresent: false })
    again.send({ ...publish, topic: `${REGISTER}1` })
    await ended()
    expect(await again.settled()).toEqual([])
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('DPS-CONN-05')
  })

  test('a second CONNECT ends the connection', async () => {
    const client = dial()
    await client.take('connack')
    client.connect({ clientId: 'd1' })
    await client.closing()
  })
})

describe('SUBSCRIBE', () => {
  test.each([
    [0, 0],
    [1, 1],
    [2, 1],
  ] as const)(
    'DPS-SUB-01 DPS-SUB-02 DPS-SUB-03: QoS %i is granted %i, and answers come at it',
    async (asked, granted) => {
      const client = dial()
      await client.take('connack')
      client.send({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: ANSWERS, qos: asked }] })
      expect(await client.take('suback')).toMatchObject({ messageId: 7, granted: [granted] })
      expect(await request(client, `${REGISTER}1`)).toMatchObject({ qos: granted })
    },
  )

  test('DPS-SUB-04: another filter is not granted, and the link stays', async () => {
    const client = dial()
    await client.take('connack')
    const subscriptions = ['$iothub/twin/res/#', '$dps/#', ANSWERS].map((topic) => ({
      topic,
      qos: 1 as const,
    }))
    client.send({ cmd: 'subscribe', messageId: 7, subscriptions })
    expect((await client.take('suback')).granted).toEqual([0x80, 0x80, 1])
    expect(await request(client, `${REGISTER}1`)).toMatchObject({ cmd: 'publish' })
  })

  test('DPS-SUB-05: after UNSUBSCRIBE no answer comes', async () => {
    const client = await subscribed()
    client.send({ cmd: 'unsubscribe', messageId: 8, unsubscriptions: [ANSWERS] })
    await client.take('unsuback')
    client.send({ ...publish, topic: `${REGISTER}1` })
    await ended()
    expect(await client.settled()).toEqual([])
  })
})

describe('requests', () => {
  test('DPS-REG-01 DPS-REG-02 DPS-REG-03 DPS-REG-04 DPS-POLL-01 DPS-POLL-07: register, then poll', async () => {
    const client = await subscribed()
    const accepted = await request(client, `${REGISTER}a-1`, '{"registrationId":"d1"}')
    expect(accepted.topic).toBe('$dps/registrations/res/202/?$rid=a-1&retry-after=3')
    const { operationId, status } = bodyOf(accepted)
    expect(status).toBe('assigning')
    await ended()
    const last = await request(client, `${POLL}b&operationId=${String(operationId)}`)
    expect(last.topic).toBe('$dps/registrations/res/200/?$rid=b')
    expect(bodyOf(last)).toMatchObject({
      operationId,
      status: 'assigned',
      registrationState: { assignedHub: 'localhost', deviceId: 'd1' },
    })
    // DPS-POLL-12: the device connects to the hub that it was told.
    expect(server.hub.registry.find({ deviceId: 'd1' })).toBeDefined()
    const hub = server.open()
    hub.connect({
      clientId: 'd1',
      username: 'localhost/d1/?api-version=2021-04-12',
      password: Buffer.from(server.token({ deviceId: 'd1' })),
    })
    expect((await hub.take('connack')).returnCode).toBe(0)
  })

  test('DPS-CONN-06 DPS-REG-05: the packets of azure-sdk-for-c: keep-alive 0, and the request id 1 for every request', async () => {
    const client = await subscribed(1, {
      keepalive: 0,
      username: `${SCOPE}/registrations/d1/api-version=2019-03-31`,
    })
    server.hub.faults.arm({ name: 'dps.register.assigning', parameters: { times: 2 } })
    const accepted = await request(client, `${REGISTER}1`, '{"registrationId":"d1"}')
    const { operationId } = bodyOf(accepted)
    await ended()
    const topics = [accepted.topic]
    for (let polls = 0; polls < 3; polls++)
      topics.push((await request(client, `${POLL}1&operationId=${String(operationId)}`)).topic)
    const assigning = '$dps/registrations/res/202/?$rid=1&retry-after=3'
    expect(topics).toEqual([assigning, assigning, assigning, '$dps/registrations/res/200/?$rid=1'])
  })

  test.each(['', ' ', '{"registrationId":"d1"}'])(
    'DPS-POLL-02: the poll body %j is ignored',
    async (body) => {
      const client = await subscribed()
      const { operationId } = bodyOf(await request(client, `${REGISTER}1`))
      await ended()
      const answer = await request(
        client,
        `${POLL}1&operationId=${encodeURIComponent(String(operationId))}`,
        body,
      )
      expect(bodyOf(answer)).toMatchObject({ status: 'assigned' })
    },
  )

  test('DPS-POLL-03: while it is assigning', async () => {
    const client = await subscribed()
    server.hub.faults.arm({ name: 'dps.register.assigning' })
    const { operationId } = bodyOf(await request(client, `${REGISTER}1`))
    await ended()
    const answer = await request(client, `${POLL}1&operationId=${String(operationId)}`)
    expect(answer.topic).toBe('$dps/registrations/res/202/?$rid=1&retry-after=3')
    expect(bodyOf(answer)).toEqual({
      operationId,
      status: 'assigning',
      registrationState: { registrationId: 'd1', status: 'assigning' },
    })
  })

  test('DPS-REG-05: a request id may be used again at once, and is echoed as it is', async () => {
    const client = await subscribed()
    client.send({ ...publish, topic: `${REGISTER}1` }, { ...publish, topic: `${REGISTER}1` })
    const topics = [(await client.take('publish')).topic, (await client.take('publish')).topic]
    expect(topics).toEqual(Array(2).fill('$dps/registrations/res/202/?$rid=1&retry-after=3'))
    expect((await request(client, `${REGISTER}%7Ba%2Fb%7D`)).topic).toContain('?$rid=%7Ba%2Fb%7D&')
  })

  test('DPS-REG-06 DPS-REG-07: PUBACK precedes the answer; QoS 0 has none', async () => {
    const client = await subscribed()
    client.send({ ...publish, topic: `${REGISTER}1`, qos: 1, messageId: 5 })
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 5 })
    expect(await client.next()).toMatchObject({ cmd: 'publish' })
    client.send({ ...publish, topic: `${REGISTER}1` })
    expect(await client.next()).toMatchObject({ cmd: 'publish' })
  })

  test.each([
    ['DPS-REG-11', '{"registrationId":"d2"}', 400000],
    ['DPS-REG-12', '[]', 400000],
    ['DPS-REG-12', 'x', 400000],
    ['DPS-REG-13', '{"tpm":{"endorsementKey":"AA=="}}', 400000],
    ['DPS-REG-14', '{"csr":"AA=="}', 400000],
  ])(
    '%s DPS-ERR-01 DPS-ERR-02: %s is answered with an error, and the link stays',
    async (rule, body, code) => {
      const client = await subscribed()
      const answer = await request(client, `${REGISTER}1`, body)
      expect(answer.topic).toBe('$dps/registrations/res/400/?$rid=1')
      expect(bodyOf(answer)).toEqual({
        errorCode: code,
        trackingId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        message: expect.any(String) as string,
        timestampUtc: '2026-01-01T00:00:00.0000000Z',
      })
      expect(server.hub.lastRefusals[0]?.explanation).toMatchObject({
        rule,
        source: `docs/contract/provisioning.md#${rule.toLowerCase()}`,
      })
      expect((await request(client, `${REGISTER}2`)).topic).toContain('res/202/')
    },
  )

  test('DPS-AUTH-10 DPS-ERR-04 DPS-POLL-10: credential, scope and operation are judged at the request', async () => {
    const wrong = await subscribed(1, {
      password: Buffer.from(token(server, 'd1', Buffer.alloc(64, 9).toString('base64'))),
    })
    const refused = await request(wrong, `${REGISTER}1`)
    expect(refused.topic).toBe('$dps/registrations/res/401/?$rid=1')
    expect(bodyOf(refused)).toMatchObject({ errorCode: 401002, message: 'Unauthorized' })
    const scope = '0neFFFFFFFF'
    const elsewhere = await subscribed(1, {
      username: usernameOf('d1', scope),
      password: Buffer.from(token(server, 'd1', KEY, { scope })),
    })
    expect((await request(elsewhere, `${REGISTER}1`)).topic).toBe('$dps/registrations/res/404/?$rid=1')
    const client = await subscribed()
    expect((await request(client, `${POLL}1&operationId=x`)).topic).toBe('$dps/registrations/res/404/?$rid=1')
  })

  test('DPS-ERR-03: 429 has retry-after', async () => {
    const client = await subscribed()
    server.hub.faults.arm({ name: 'dps.register.status', parameters: { status: 429, retryAfter: 8 } })
    const answer = await request(client, `${REGISTER}1`)
    expect(answer.topic).toBe('$dps/registrations/res/429/?$rid=1&retry-after=8')
    expect(bodyOf(answer)).toMatchObject({ errorCode: 429000 })
  })

  test.each([
    ['DPS-REG-15', { topic: 'devices/d1/messages/events/' }],
    ['DPS-REG-15', { topic: '$dps/registrations/PUT/iotdps-register/' }],
    ['DPS-REG-15', { topic: `${POLL}1` }],
    ['DPS-REG-15', { topic: `${REGISTER}1`, payload: 'x'.repeat(96 * 1024 + 1) }],
    ['DPS-REG-07', { topic: `${REGISTER}1`, qos: 2, messageId: 3 }],
  ] as const)('%s: another topic, too many bytes or QoS 2 close the connection', async (rule, packet) => {
    const client = await subscribed()
    client.send({ ...publish, ...packet })
    await client.closing()
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
  })

  test('a fault withholds an answer, or closes the connection', async () => {
    const client = await subscribed()
    server.hub.faults.arm({ name: 'dps.register.withhold' })
    client.send({ ...publish, topic: `${REGISTER}1` })
    await ended()
    expect(await client.settled()).toEqual([])
    server.hub.faults.arm({ name: 'dps.register.close' })
    client.send({ ...publish, topic: `${REGISTER}1` })
    await client.closing()
  })
})

test('without a service, its user names are those of a hub that is not there', async () => {
  const bare = await TestServer.open()
  const client = bare.open()
  client.connect({ clientId: 'd1', username: `${SCOPE}/registrations/d1/api-version=2019-03-31` })
  expect((await client.take('connack')).returnCode).toBe(5)
  await bare.stop()
})

test('topics are read and written as documented', () => {
  expect(parseRequestTopic(`${POLL}r&operationId=5.3%2E1`)).toEqual({
    type: 'poll',
    requestId: 'r',
    operationId: '5.3.1',
  })
  for (const topic of ['', '$dps/registrations/res/200/?$rid=1', REGISTER.slice(0, -1)])
    expect(parseRequestTopic(topic)).toBeUndefined()
  expect(formatAnswerTopic(200, 'x')).toBe('$dps/registrations/res/200/?$rid=x')
})
