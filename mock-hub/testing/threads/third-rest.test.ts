/** The third sample of public reports over REST, made again on this hub (docs/contract/reference/reports.md#reports-third). */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { openTestServer, type Answer, type TestServer } from '../../http/testing/test-server.ts'

const MODULE = '/twins/d1/modules/m1'
const MINUTE = 60_000
let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  const { registry } = server.hub
  registry.create({ deviceId: 'd1' })
  registry.create({ deviceId: 'd1', moduleId: 'm1' })
  registry.create({ deviceId: 'edge' }, { iotEdge: true })
})
afterEach(() => server.stop())

const get = async (path: string): Promise<JsonObject> => (await server.call('GET', path)).json as JsonObject
const query = async (text: string): Promise<JsonObject[]> =>
  (await server.call('POST', '/devices/query', { body: { query: text } })).json as JsonObject[]
const write = (path: string, body: object): Promise<Answer> => server.call('PATCH', path, { body })
const desire = async (path: string, desired: object): Promise<JsonObject> => {
  const { json } = await write(path, { properties: { desired } })
  return (json as { properties: { desired: JsonObject } }).properties.desired
}
const configure = (id: string, targetCondition = '*', on = server): Promise<Answer> =>
  on.call('PUT', `/configurations/${id}`, {
    body: { id, content: { deviceContent: { 'properties.desired.x': 1 } }, targetCondition },
  })
const texts = ({ json }: Answer): unknown => json

describe('errors', () => {
  test('report-simulator-39: too many creations', async () => {
    const s1 = await openTestServer({ tier: 'S1' })
    const spend = (): void => {
      for (;;) s1.hub.throttle.take('registry', 0)
    }
    expect(spend).toThrow()
    const answer = await s1.call('PUT', '/devices/d', { body: { deviceId: 'd' } })
    expect(answer.status).toBe(429)
    expect(texts(answer)).toEqual({
      Message:
        'ErrorCode:ThrottlingBacklogTimeout;The request has been throttled. Wait 10 seconds and try again. Operation type: CRUD',
      ExceptionMessage: expect.stringMatching(/^Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:/) as string,
    })
    await s1.stop()
  })

  test('report-maintenance-153: a twin with a member that twins do not have', async () => {
    const answer = await write('/twins/d1', { tags: { simulated: true }, desiredProperties: {} })
    expect(answer.status).toBe(400)
    expect(texts(answer)).toMatchObject({ Message: 'ErrorCode:GenericBadRequest;BadRequest' })
  })

  test('report-net-883: a method of a module without a name', async () => {
    const answer = await server.call('POST', '/twins/d1/modules//methods', { body: { methodName: 'x' } })
    expect(answer.status).toBe(405)
    expect(texts(answer)).toEqual({
      Message: "The requested resource does not support http method 'POST'.",
    })
  })

  test('report-explorer-214: an identity that is written without If-Match', async () => {
    const answer = await server.call('PUT', '/devices/d1', { body: { deviceId: 'd1', status: 'disabled' } })
    expect(answer.status).toBe(409)
    expect(texts(answer)).toMatchObject({
      Message: "ErrorCode:DeviceAlreadyExists;A device with ID 'd1' is already registered.",
    })
  })

  test('report-docs-94528: the configuration after the hundredth', async () => {
    for (let i = 0; i < 100; i++) expect((await configure(`c${String(i)}`)).status).toBe(200)
    const answer = await configure('more')
    expect(answer.status).toBe(413)
    expect(texts(answer)).toMatchObject({
      Message:
        'ErrorCode:ConfigurationCountLimitExceeded;Number of deployments exceed the maximum quota 100 for this IotHub.',
    })
  })
})

describe('twins', () => {
  test('report-edge-1246: desired properties given back as they were get the new time', async () => {
    await desire(MODULE, { a: 1, b: 1 })
    server.clock.advance(MINUTE)
    const { $metadata } = await desire(MODULE, { a: 2, b: 1 })
    const { a, b } = $metadata as JsonObject
    expect(a).toEqual(b)
    expect(b).toMatchObject({ $lastUpdatedVersion: 3 })
  })

  test('report-edge-7374: a property with the name desired, and the versions of older ones', async () => {
    await desire(MODULE, { desired: { values: { value1: '1' } } })
    server.clock.advance(MINUTE)
    const { $metadata } = await desire(MODULE, { other: 1 })
    expect($metadata).toMatchObject({
      $lastUpdatedVersion: 3,
      desired: {
        $lastUpdatedVersion: 2,
        values: { $lastUpdatedVersion: 2, value1: { $lastUpdatedVersion: 2 } },
      },
    })
  })

  test('report-edge-72: reported metadata has no versions', async () => {
    server.hub.twins.patchReported({ deviceId: 'd1', moduleId: 'm1' }, { TemperatureThreshold: 29 })
    const { properties } = await get(MODULE)
    const { $metadata } = (properties as { reported: JsonObject }).reported
    expect(JSON.stringify($metadata)).not.toContain('$lastUpdatedVersion')
    expect($metadata).toMatchObject({ TemperatureThreshold: { $lastUpdated: expect.any(String) as string } })
  })

  test('report-docs-30479: metadata at each level, with digits as names', async () => {
    const node = { $lastUpdated: expect.any(String) as string, $lastUpdatedVersion: 2 }
    const { $metadata } = await desire('/twins/d1', {
      SensorConfig: { id: { '1': { settings: { storage: 0 } } } },
    })
    expect($metadata).toEqual({
      ...node,
      SensorConfig: {
        ...node,
        id: { ...node, '1': { ...node, settings: { ...node, storage: node } } },
      },
    })
  })

  test('report-docs-68671: a back end cannot change the model id', async () => {
    expect((await write('/twins/d1', { modelId: 'dtmi:a;1' })).status).toBe(200)
    expect(await get('/twins/d1')).toMatchObject({ modelId: '' })
  })

  test('report-docs-104547: the row of $edgeAgent', async () => {
    const [row] = await query(
      "SELECT * FROM devices.modules WHERE moduleId in ['$edgeAgent'] and deviceId in ['edge']",
    )
    const names = [
      ...['deviceId', 'moduleId', 'etag', 'deviceEtag', 'status', 'statusUpdateTime', 'connectionState'],
      ...['lastActivityTime', 'cloudToDeviceMessageCount', 'authenticationType', 'x509Thumbprint'],
      ...['modelId', 'version', 'properties'],
    ]
    expect(Object.keys(row ?? {}).slice(0, names.length)).toEqual(names)
    expect(row).toMatchObject({
      status: 'enabled',
      statusUpdateTime: '0001-01-01T00:00:00Z',
      connectionState: 'Disconnected',
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      modelId: '',
    })
  })

  test('report-node-366: rows of devices have no authentication', async () => {
    const [row] = await query("select * from devices where deviceId in ['d1','xyz']")
    expect(row).toMatchObject({ deviceId: 'd1', status: 'enabled', properties: {} })
    expect(row).not.toHaveProperty('authentication')
  })
})

describe('edge devices and configurations', () => {
  test('report-edge-3539, report-net-1885: the scope names the generation, which $edgeAgent and $edgeHub share', async () => {
    const { generationId, etag, deviceScope } = await get('/devices/edge')
    expect(deviceScope).toBe(`ms-azure-iot-edge://edge-${generationId as string}`)
    for (const moduleId of ['$edgeAgent', '$edgeHub'])
      expect(await get(`/devices/edge/modules/${moduleId}`)).toMatchObject({ generationId, etag })
  })

  test('a device that becomes an edge device gives its modules its own generation', async () => {
    const body = { deviceId: 'd1', capabilities: { iotEdge: true } }
    await server.call('PUT', '/devices/d1', { body, headers: { 'if-match': '*' } })
    const { generationId, etag } = await get('/devices/d1')
    expect(await get('/devices/d1/modules/$edgeHub')).toMatchObject({ generationId, etag })
  })

  test('report-docs-11487: a condition that asks for two ids at once targets none', async () => {
    const answer = await configure('c', "deviceId = 'd1' AND deviceId='edge'")
    expect(answer.status).toBe(200)
    server.clock.advance(MINUTE)
    expect(await get('/configurations/c')).toMatchObject({ systemMetrics: { results: { targetedCount: 0 } } })
  })

  test('WIRE-TWIN-33, report-java-1219: values that a configuration wrote name it, until a back end writes them', async () => {
    await server.call('PUT', '/configurations/newconfig', {
      body: {
        id: 'newconfig',
        content: {
          deviceContent: {
            'properties.desired.hum': 90,
            'properties.desired.chiller-water': { pressure: 28 },
          },
        },
        targetCondition: "deviceId = 'd1'",
      },
    })
    const metadata = async (): Promise<JsonObject> => {
      const { properties } = await get('/twins/d1')
      return (properties as { desired: { $metadata: JsonObject } }).desired.$metadata
    }
    const time = { $lastUpdated: expect.any(String) as string, $lastUpdatedVersion: 2 }
    const origin = {
      $lastUpdatedBy: 'newconfig',
      $lastUpdatedByDigest: expect.stringMatching(/^63\d{16}$/) as string,
    }
    expect(await metadata()).toEqual({
      ...time,
      hum: { ...time, ...origin },
      'chiller-water': { ...time, pressure: { ...time, ...origin } },
    })
    await write('/twins/d1', { properties: { desired: { hum: 90 } } })
    expect(await metadata()).toMatchObject({ 'chiller-water': { pressure: origin } })
    expect((await metadata())['hum']).not.toHaveProperty('$lastUpdatedBy')
  })

  test('values of a deployment name it too', async () => {
    const agent = { 'properties.desired': { schemaVersion: '1.1' } }
    await server.call('PUT', '/configurations/base', {
      body: {
        id: 'base',
        content: {
          modulesContent: { $edgeAgent: agent, $edgeHub: agent, m: { 'properties.desired.x': [1] } },
        },
        targetCondition: '*',
      },
    })
    expect(await get('/twins/edge/modules/m')).toMatchObject({
      properties: { desired: { $metadata: { x: { $lastUpdatedBy: 'base' } } } },
    })
  })

  test('report-cli-72: a spent quota does not stop a deployment', async () => {
    const f1 = await openTestServer({ tier: 'F1' })
    const spend = (): void => {
      for (;;) {
        f1.hub.throttle.take('telemetry', 100 * 512)
        f1.clock.advance(1_000)
      }
    }
    expect(spend).toThrow(expect.objectContaining({ kind: 'IotHubQuotaExceeded' }) as Error)
    expect((await configure('c', '*', f1)).status).toBe(200)
    await f1.stop()
  })
})
