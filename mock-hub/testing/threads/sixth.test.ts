/** The sixth sample of public reports, made again on this hub (docs/contract/reference/reports.md#reports-sixth). */

import { createServer } from 'node:https'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createServices } from '../../core/services/create-services.ts'
import { createApp } from '../../http/app.ts'
import { blobAccess, documentRenderer } from '../../http/service/document-renderer.ts'
import { connectDevice } from '../../http/testing/device.ts'
import { openTestServer, type Answer, type TestServer } from '../../http/testing/test-server.ts'
import { TestServer as MqttServer } from '../../mqtt/testing/test-server.ts'
import { createProvisioning } from '../../provisioning/create-provisioning.ts'
import {
  connectHub,
  individual,
  openProvisioning,
  SCOPE,
  token,
  type TestProvisioning,
} from '../../provisioning/testing/test-provisioning.ts'

const DEVICE = { deviceId: 'd1' }

describe('REST', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await openTestServer()
    server.hub.registry.create(DEVICE)
  })
  afterEach(() => server.stop())
  const inner = ({ json }: Answer): unknown => JSON.parse((json as { Message: string }).Message)

  test('report-c-717: a device that does not answer', async () => {
    const called = new Promise<void>((resolve) => {
      connectDevice(server.hub, DEVICE, ['methods'], () => {
        resolve()
        return undefined
      })
    })
    const call = server.call('POST', '/twins/d1/methods', {
      body: { methodName: 'x', responseTimeoutInSeconds: 10 },
    })
    await called
    server.clock.advance(10_000)
    const answer = await call
    expect([answer.status, Object.keys(inner(answer) as object)]).toEqual([
      504,
      ['errorCode', 'trackingId', 'message', 'info', 'timestampUtc'],
    ])
    expect(inner(answer)).toMatchObject({
      errorCode: 504101,
      message: 'Timed out waiting for the response from device.',
      info: {},
    })
  })

  test('report-edge-534: a device that does not come within ten seconds', async () => {
    const call = server.call('POST', '/twins/d1/methods', {
      body: { methodName: 'x', connectTimeoutInSeconds: 10, responseTimeoutInSeconds: 10 },
    })
    let over = false
    void call.then(() => {
      over = true
    })
    await vi.waitFor(() => {
      server.clock.advance(10_000)
      expect(over).toBe(true)
    })
    expect(inner(await call)).toMatchObject({
      errorCode: 404103,
      message: 'Timed out waiting for device to connect.',
      info: { timeout: '00:00:10' },
    })
  })

  test('report-net-1214: a job without an id is cancelled', async () => {
    const { status, json } = await server.call('POST', '/jobs/v2//cancel')
    expect([status, json]).toEqual([
      405,
      { Message: "The requested resource does not support http method 'POST'." },
    ])
  })

  test('report-edge-1800: the twin of a module at api-version 2018-06-30, name for name', async () => {
    server.hub.registry.create({ deviceId: 'd1', moduleId: 'm' })
    server.hub.twins.patch({ deviceId: 'd1', moduleId: 'm' }, { desired: { settings: { image: 'x' } } }, '*')
    const { json } = await server.call('GET', '/twins/d1/modules/m', { apiVersion: '2018-06-30' })
    expect(Object.keys(json as object)).toEqual([
      'deviceId',
      'moduleId',
      'etag',
      'deviceEtag',
      'status',
      'statusUpdateTime',
      'connectionState',
      'lastActivityTime',
      'cloudToDeviceMessageCount',
      'authenticationType',
      'x509Thumbprint',
      'version',
      'properties',
    ])
    // The times of the report have no Z.
    expect(json).toMatchObject({ etag: 'AAAAAAAAAAI=', statusUpdateTime: '0001-01-01T00:00:00Z' })
  })

  test('report-edgehubdev-100: a gateway asks for a module that is not its own', async () => {
    server.hub.registry.create({ deviceId: 'top' }, { iotEdge: true })
    await server.call('PUT', '/devices/top/modules/$edgeHub', {
      body: { deviceId: 'top', moduleId: '$edgeHub', authentication: { type: 'sas' } },
      headers: { 'if-match': '*' },
    })
    const { status, json } = await server.call(
      'GET',
      '/devices/top/modules/$edgeHub/deviceAndModuleInDeviceScope?targetDeviceId=d1&targetModuleId=m',
      { as: { deviceId: 'top', moduleId: '$edgeHub' }, apiVersion: '2018-08-30-preview' },
    )
    expect([status, (json as { Message: string }).Message]).toEqual([
      401,
      'ErrorCode:IotHubUnauthorizedAccess;Unauthorized',
    ])
  })
})

describe('MQTT', () => {
  let server: MqttServer
  beforeEach(async () => {
    server = await MqttServer.open()
    server.device('d1')
  })
  afterEach(() => server.stop())

  test('report-node-277: a second connection finds its session; a new twin has two versions of 1', async () => {
    const first = await server.connected(DEVICE, { clean: false })
    first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    await first.take('suback')
    first.send({ cmd: 'disconnect' })
    const client = server.dial(DEVICE, { clean: false })
    expect(await client.take('connack')).toMatchObject({ sessionPresent: true, returnCode: 0 })
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    expect((await client.take('suback')).granted).toEqual([0])
    client.send({
      cmd: 'publish',
      topic: '$iothub/twin/GET/?$rid=1',
      payload: ' ',
      qos: 0,
      dup: false,
      retain: false,
    })
    const { topic, payload } = await client.take('publish')
    expect(topic).toBe('$iothub/twin/res/200/?$rid=1')
    expect(JSON.parse(String(payload))).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } })
  })

  test('report-c-1351: a reported patch is answered with 204, a bad one with 400', async () => {
    const client = await server.connected(DEVICE)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] })
    await client.take('suback')
    for (const [rid, payload, status] of [
      ['1', '{"a":1}', '204'],
      ['2', '{"a b":1}', '400'],
    ] as const) {
      const topic = `$iothub/twin/PATCH/properties/reported/?$rid=${rid}`
      client.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false })
      expect((await client.take('publish')).topic).toBe(
        `$iothub/twin/res/${status}/?$rid=${rid}${status === '204' ? '&$version=2' : ''}`,
      )
    }
  })
})

describe('provisioning', () => {
  let dps1: TestProvisioning
  let app: Awaited<ReturnType<typeof createApp>>
  beforeEach(async () => {
    dps1 = openProvisioning()
    const { hub } = dps1
    const dps = createProvisioning({
      hub,
      policies: [],
      callWebhook: () => Promise.reject(new Error('no webhook')),
      connectHub,
    })
    dps1 = { ...dps1, dps }
    const services = createServices(hub, documentRenderer(hub), blobAccess(undefined))
    const server = createServer()
    app = await createApp({ hub, services, serverOf: () => server, blob: undefined, provisioning: dps })
    dps.individual.put('d1', individual('d1'))
  })
  afterEach(async () => {
    await app.close()
    dps1.hub.stop()
  })
  const register = async (authorization: string) =>
    app.inject({
      method: 'PUT',
      url: `/${SCOPE}/registrations/d1/register?api-version=2019-03-31`,
      headers: { 'content-type': 'application/json; charset=utf-8', authorization },
      payload: '{"registrationId":"d1","payload":{"a":"b"}}',
    })

  test('report-node-721: a registration begins with an operation; with another key it is 401', async () => {
    const good = await register(token(dps1, 'd1'))
    expect(good.json()).toEqual({
      operationId: expect.stringMatching(/^\d\.[0-9a-f]{16}\.[0-9a-f-]{36}$/) as string,
      status: 'assigning',
    })
    const bad = await register(token(dps1, 'd1', Buffer.alloc(64, 9).toString('base64')))
    expect([bad.statusCode, Object.keys(bad.json<object>())]).toEqual([
      401,
      ['errorCode', 'trackingId', 'message', 'timestampUtc'],
    ])
    expect(bad.json()).toMatchObject({
      errorCode: 401002,
      trackingId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      message: 'Unauthorized',
    })
  })
})
