import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Received, RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
const m1 = { deviceId: 'd1', moduleId: 'm1' }

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
  server.module('d1', 'm1')
})
afterEach(() => server.stop())

async function ready(username: string, ...filters: string[]): Promise<RawClient> {
  const client = await server.connected(d1, { username })
  const subscriptions = filters.map((topic) => ({ topic, qos: 0 as const }))
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  await client.take('suback')
  return client
}

async function asked(client: RawClient, topic: string, payload = ''): Promise<Received> {
  client.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false })
  return client.take('publish')
}

const ANSWERS = '$iothub/twin/res/#'
const REPORTED = '$iothub/twin/PATCH/properties/reported/?$rid=2'

describe('WIRE-CONN-13: without an api-version', () => {
  test.each(['localhost/d1', 'localhost/d1/', 'localhost/d1/?DeviceClientType=x'])(
    '%s: messages work in both directions',
    async (username) => {
      const client = await ready(username, 'devices/d1/messages/devicebound/#')
      const topic = 'devices/d1/messages/events/'
      client.send({ cmd: 'publish', topic, payload: 'up', qos: 1, messageId: 2, dup: false, retain: false })
      await client.take('puback')
      server.hub.c2d.send(d1, { body: Buffer.from('down'), system: {}, properties: {} })
      expect(String((await client.take('publish')).payload)).toBe('down')
    },
  )

  test('twin operations are refused with 400, and changes are not told', async () => {
    const client = await ready('localhost/d1', ANSWERS, '$iothub/twin/PATCH/properties/desired/#')
    server.hub.twins.patch(d1, { desired: { a: 1 } }, undefined)
    const got = await asked(client, '$iothub/twin/GET/?$rid=1')
    expect(got.topic).toBe('$iothub/twin/res/400/?$rid=1')
    expect((await asked(client, REPORTED, '{"a":1}')).topic).toBe('$iothub/twin/res/400/?$rid=2')
    expect(server.hub.twins.get(d1).reported.version).toBe(1)
  })

  test('a method does not find the device online', async () => {
    await ready('localhost/d1', '$iothub/methods/POST/#')
    await expect(
      server.hub.methods.invoke(d1, { methodName: 'x', payload: undefined }),
    ).rejects.toMatchObject({
      code: 404103,
    })
  })
})

describe('WIRE-TWIN-42: arrays in twins', () => {
  test.each([
    ['2016-11-14', '{"a":{"b":[1]}}', 400],
    ['2018-06-30', '{"a":[]}', 400],
    ['2018-06-30', '{"a":{"b":1}}', 204],
    ['2019-10-01', '{"a":[1]}', 204],
    ['2021-04-12', '{"a":{"b":[1]}}', 204],
  ])('api-version %s reports %s: %i', async (version, patch, status) => {
    const client = await ready(`localhost/d1/?api-version=${version}`, ANSWERS)
    const { topic = '', payload } = await asked(client, REPORTED, patch)
    expect(topic).toMatch(new RegExp(`^\\$iothub/twin/res/${String(status)}/`))
    if (status === 400) expect(String(payload)).toContain('arrays are not supported')
  })
})

test('WIRE-CONN-34: a module without a question mark is refused', async () => {
  const client = server.dial(m1, { username: 'localhost/d1/m1/api-version=2018-06-30' })
  expect(await client.take('connack')).toMatchObject({ returnCode: 5 })
  expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-CONN-34')
})

describe('an api-version that the service does not know (connecting-api-version-form)', () => {
  const username = 'localhost/d1/?api-version=1999-01-01'

  test('refuses CONNECT', async () => {
    expect(await server.dial(d1, { username }).take('connack')).toMatchObject({ returnCode: 5 })
    expect(server.hub.lastRefusals[0]).toMatchObject({
      error: 'InvalidProtocolVersion',
      explanation: { rule: 'WIRE-CONN-15' },
    })
  })

  test('is accepted with the setting anyApiVersion', async () => {
    const lenient = await TestServer.open({ anyApiVersion: true })
    lenient.device('d1')
    await lenient.connected(d1, { username })
    await lenient.stop()
  })
})
