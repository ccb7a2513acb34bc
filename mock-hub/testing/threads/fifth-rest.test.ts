/** The fifth sample of public reports over HTTPS, made again on this hub (docs/contract/reference/reports.md#reports-fifth). */

import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { openTestServer, type TestServer } from '../../http/testing/test-server.ts'

const DEVICE = { deviceId: 'd1' }
let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  server.hub.registry.create(DEVICE)
})
afterEach(() => server.stop())

const TRACKING = expect.stringMatching(/^Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:/) as string
const etagOf = (text: unknown): string => String(text).replaceAll('"', '')

describe('requests', () => {
  test('report-go-5277: a body without a content type', async () => {
    const { status, json } = await server.call('PUT', '/devices/testing', {
      body: '{"deviceId":"testing"}',
      headers: { 'content-type': '' },
    })
    expect([status, json]).toEqual([
      500,
      { Message: 'ErrorCode:ServerError;InternalServerError', ExceptionMessage: TRACKING },
    ])
  })

  test('report-net-1086: a call without the name of a method', async () => {
    const { status, json } = await server.call('POST', '/twins/d1/methods', { body: { payload: {} } })
    const { Message, ExceptionMessage } = json as { Message: string; ExceptionMessage: string }
    expect([status, ExceptionMessage]).toEqual([400, ''])
    expect(JSON.parse(Message)).toMatchObject({
      errorCode: 400004,
      message: 'methodName is null or empty.',
    })
  })

  test('report-net-1070: a token of a device, without a policy, on a route of back ends', async () => {
    const sr = encodeURIComponent(server.hub.hostName)
    const se = String(Math.ceil(server.clock.now() / 1000) + 3600)
    const key = server.hub.registry.get(DEVICE).authentication.symmetricKey.primaryKey ?? ''
    const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
    const { status, json } = await server.call('GET', '/devices?top=100', {
      as: `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`,
    })
    expect([status, json]).toEqual([
      401,
      { Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized', ExceptionMessage: TRACKING },
    ])
  })

  test('report-cli-129: the twin of a module whose id is empty', async () => {
    for (const method of ['GET', 'PATCH'])
      expect(
        (await server.call(method, '/twins/d1/modules/', { body: method === 'GET' ? undefined : {} })).status,
      ).toBe(404)
  })

  test('report-ruuvi-1047: telemetry over HTTPS is answered with 204', async () => {
    const { status } = await server.call('POST', '/devices/d1/messages/events', {
      as: DEVICE,
      body: { a: 1 },
    })
    expect(status).toBe(204)
  })
})

describe('etags', () => {
  test('report-java-292: the removal of a device with its etag without quotation marks', async () => {
    const { headers } = await server.call('GET', '/devices/d1')
    const { status, json } = await server.call('DELETE', '/devices/d1', {
      headers: { 'if-match': etagOf(headers['etag'] ?? headers['ETag']) },
    })
    expect([status, json]).toEqual([
      412,
      {
        Message: 'ErrorCode:PreconditionFailed;Precondition failed: Invalid ETag',
        ExceptionMessage: TRACKING,
      },
    ])
  })

  test('report-python-716: the twin of a module with a wrong etag without quotation marks', async () => {
    await server.call('PUT', '/devices/d1/modules/m', { body: { deviceId: 'd1', moduleId: 'm' } })
    const { status } = await server.call('PATCH', '/twins/d1/modules/m', {
      body: { properties: { desired: { a: 1 } } },
      headers: { 'if-match': 'wrong' },
    })
    expect(status).toBe(200)
  })
})

describe('identities and twins', () => {
  test('report-docs-103516: what a device in the list has that was never there', async () => {
    const [device] = (await server.call('GET', '/devices?top=10')).json as JsonObject[]
    expect(device).toMatchObject({
      deviceId: 'd1',
      generationId: expect.stringMatching(/^\d{18}$/) as string,
      etag: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string,
      connectionState: 'Disconnected',
      status: 'enabled',
      statusReason: null,
      connectionStateUpdatedTime: '0001-01-01T00:00:00Z',
      statusUpdatedTime: '0001-01-01T00:00:00Z',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
    })
    expect(Object.keys(device ?? {})).not.toContain('deviceScope')
    expect(Object.keys(device ?? {})).not.toContain('parentScopes')
    expect(Object.keys(device ?? {})).not.toContain('capabilities')
  })

  test('report-docs-22362: etag, version and version of the desired properties after four writes', async () => {
    const patch = (body: object) => server.call('PATCH', '/twins/d1', { body })
    await patch({ tags: { HomeID: 'x' } })
    for (const hum of [1, 2, 3]) await patch({ properties: { desired: { hum } } })
    expect((await server.call('GET', '/twins/d1')).json).toMatchObject({
      etag: 'AAAAAAAAAAU=',
      version: 6,
      properties: { desired: { $version: 4 } },
    })
  })
})

describe('uploads', () => {
  const start = async (): Promise<string> =>
    (
      (await server.call('POST', '/devices/d1/files', { as: DEVICE, body: { blobName: 'b' } })).json as {
        correlationId: string
      }
    ).correlationId

  test('report-c-1310: the id of an upload in the address of its report', async () => {
    const correlationId = await start()
    const { status } = await server.call(
      'POST',
      `/devices/d1/files/notifications/${encodeURIComponent(correlationId)}`,
      {
        as: DEVICE,
        body: { isSuccess: false, statusCode: 500, statusDescription: 'x' },
      },
    )
    expect(status).toBe(204)
  })

  test('report-c-1443: an upload that failed has no notification', async () => {
    const correlationId = await start()
    const body = { correlationId, isSuccess: false, statusCode: 500, statusDescription: 'x' }
    expect((await server.call('POST', '/devices/d1/files/notifications', { as: DEVICE, body })).status).toBe(
      204,
    )
    server.clock.advance(60_000)
    expect(server.hub.fileNotifications.receive()).toBeUndefined()
  })
})

describe('configurations', () => {
  test('report-edge-5023: a layer over one module is not counted as applied', async () => {
    await server.call('PUT', '/devices/e', { body: { deviceId: 'e', capabilities: { iotEdge: true } } })
    await server.call('PATCH', '/twins/e', { body: { tags: { demo: true } } })
    const agent = {
      schemaVersion: '1.1',
      runtime: { type: 'docker', settings: {} },
      systemModules: {},
      modules: {
        'module-client': {
          type: 'docker',
          status: 'running',
          restartPolicy: 'always',
          settings: { image: 'i' },
        },
      },
    }
    const configure = (id: string, priority: number, modulesContent: object, metrics: object) =>
      server.call('PUT', `/configurations/${id}`, {
        body: { id, content: { modulesContent }, targetCondition: 'tags.demo = true', priority, metrics },
      })
    await configure(
      'base',
      1,
      {
        $edgeAgent: { 'properties.desired': agent },
        $edgeHub: {
          'properties.desired': {
            schemaVersion: '1.1',
            routes: {},
            storeAndForwardConfiguration: { timeToLiveSecs: 1 },
          },
        },
        'module-client': { 'properties.desired': { value: 'base' } },
      },
      {},
    )
    const custom =
      "select deviceId from devices.modules where moduleId = 'module-client' and configurations.[[device-layer]].status = 'Applied'"
    const created = await configure(
      'device-layer',
      2,
      { 'module-client': { 'properties.desired.value': 'layer' } },
      { queries: { custom } },
    )
    expect(created.status).toBe(200)
    server.clock.advance(60_000)
    const { json } = await server.call('GET', '/configurations/device-layer')
    expect(json).toMatchObject({
      systemMetrics: { results: { targetedCount: 1, appliedCount: 0 } },
      metrics: { results: { custom: 1 } },
    })
  })
})
