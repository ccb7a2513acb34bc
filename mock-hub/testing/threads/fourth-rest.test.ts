/** The fourth sample of public reports over HTTPS, made again on this hub (docs/contract/reference/reports.md#reports-fourth). */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { openTestServer, type Answer, type TestServer } from '../../http/testing/test-server.ts'

const THUMBPRINT = 'D2F9770B46AD9377C2E6A1D0217AD780388516D8'
const SHA256 = `${THUMBPRINT}${'A1'.repeat(12)}`
let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  server.hub.registry.create({ deviceId: 'd1' })
})
afterEach(() => server.stop())

const TRACKING = expect.stringMatching(/^Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:/) as string
const create = (id: string, more: object = {}): Promise<Answer> =>
  server.call('PUT', `/devices/${encodeURIComponent(id)}`, { body: { deviceId: id, ...more } })
const query = async (text: string): Promise<Answer> =>
  server.call('POST', '/devices/query', { body: { query: text } })
const configure = (targetCondition: string, content: object): Promise<Answer> =>
  server.call('PUT', '/configurations/c', { body: { id: 'c', content, targetCondition, priority: 1 } })
const DEVICE_CONTENT = { deviceContent: { 'properties.desired.x': 1 } }
const MODULES_CONTENT = { modulesContent: { m: { 'properties.desired': {} } } }
const notify = (body: object): Promise<Answer> =>
  server.call('POST', '/devices/d1/files/notifications', { as: { deviceId: 'd1' }, body })

describe('identities', () => {
  test('report-java-1108: a device that does not exist', async () => {
    const { status, json } = await server.call('GET', '/devices/none')
    expect([status, json]).toEqual([
      404,
      { Message: 'ErrorCode:DeviceNotFound;none', ExceptionMessage: TRACKING },
    ])
  })

  test('report-edge-7029, report-net-783: ids with the special characters of MQTT and of URLs', async () => {
    for (const id of ['a#b', 'some-id+', 'a?b']) expect((await create(id)).status).toBe(200)
  })

  test('report-sdks-317: ids with blanks, or beyond ASCII', async () => {
    for (const id of ['a b', '设备']) expect((await create(id)).status).toBe(400)
  })

  test('report-java-253: a thumbprint of SHA-256', async () => {
    const authentication = {
      type: 'selfSigned',
      x509Thumbprint: { primaryThumbprint: SHA256, secondaryThumbprint: SHA256 },
    }
    expect((await create('x', { authentication })).status).toBe(200)
    expect((await server.call('GET', '/twins/x', { apiVersion: '2018-06-30' })).json).toMatchObject({
      status: 'enabled',
      statusUpdateTime: '0001-01-01T00:00:00Z',
      connectionState: 'Disconnected',
      cloudToDeviceMessageCount: 0,
      authenticationType: 'selfSigned',
      x509Thumbprint: { primaryThumbprint: SHA256, secondaryThumbprint: SHA256 },
    })
  })

  test('report-edge-3775: one thumbprint is enough', async () => {
    const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: THUMBPRINT } }
    expect((await create('x', { authentication })).status).toBe(200)
  })

  test('report-sdk-net-13241: a module in bulk whose device does not exist', async () => {
    const { status, json } = await server.call('POST', '/devices', {
      body: [{ id: 'none', moduleId: 'm', importMode: 'create' }],
    })
    expect([status, (json as JsonObject)['isSuccessful']]).toEqual([400, false])
  })
})

describe('queries and target conditions', () => {
  test('report-net-448: what a row of a device has that was never there', async () => {
    const [row] = (await query('SELECT * FROM devices')).json as JsonObject[]
    expect(row).toMatchObject({
      deviceId: 'd1',
      etag: 'AAAAAAAAAAE=',
      status: 'enabled',
      statusUpdateTime: '0001-01-01T00:00:00Z',
      connectionState: 'Disconnected',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
      authenticationType: 'sas',
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    })
  })

  test('report-cli-490, report-net-908, report-docs-35056: IN in a target condition', async () => {
    const condition = "tags.environment IN ['foo','bar'] OR deviceId IN ['a','b','c']"
    expect((await query(`SELECT * FROM devices WHERE ${condition}`)).status).toBe(200)
    for (const target of [condition, "deviceId IN ['device1','device2']"]) {
      const { status, json } = await configure(target, MODULES_CONTENT)
      expect([status, (json as JsonObject)['Message']]).toEqual([
        400,
        'ErrorCode:InvalidConfigurationTargetCondition;BadRequest',
      ])
    }
  })

  test('report-cli-101: a target condition in quotation marks', async () => {
    const { status, json } = await configure('"tags.environment = \'DEV\'"', MODULES_CONTENT)
    expect([status, (json as JsonObject)['Message']]).toEqual([400, 'ErrorCode:ArgumentInvalid;BadRequest'])
  })

  test('report-azure-cli-25203: a hyphen in the name of a tag', async () => {
    const condition = "IS_DEFINED(tags.elms-metricssollector) AND tags.elms-metricssollector='123'"
    expect((await configure(condition, DEVICE_CONTENT)).status).toBe(200)
    expect((await configure("tags.elms-metricssollector='123'", DEVICE_CONTENT)).status).not.toBe(400)
  })
})

describe('methods', () => {
  test('report-samples-python-11: a payload that is not JSON makes the request malformed', async () => {
    const { status } = await server.call('POST', '/twins/d1/methods', {
      body: '{"methodName":"SetTelemetryInterval","timeout":60,"payload":a}',
      headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(400)
  })
})

describe('uploads', () => {
  test('report-net-1403: what a notification must have', async () => {
    const start = await server.call('POST', '/devices/d1/files', {
      as: { deviceId: 'd1' },
      body: { blobName: 'b' },
    })
    const { correlationId } = start.json as JsonObject
    expect((await notify({ isSuccess: true })).status).toBe(400)
    expect((await notify({ correlationId })).status).toBe(400)
    expect((await notify({ correlationId, isSuccess: false })).status).toBe(204)
  })
})

describe('messages over HTTPS', () => {
  test('report-sdks-142: properties of a message are headers', async () => {
    server.hub.c2d.send(
      { deviceId: 'd1' },
      { system: { messageId: 'm' }, properties: { key: 'value' }, body: Buffer.from('x') },
    )
    const { headers } = await server.call('GET', '/devices/d1/messages/devicebound', {
      as: { deviceId: 'd1' },
    })
    expect(headers['iothub-app-key']).toBe('value')
  })

  test('report-sdks-63: feedback of a message that the device rejects', async () => {
    server.hub.c2d.send(
      { deviceId: 'd1' },
      { system: { messageId: 'm', ack: 'full' }, properties: {}, body: Buffer.from('x') },
    )
    const { headers } = await server.call('GET', '/devices/d1/messages/devicebound', {
      as: { deviceId: 'd1' },
    })
    const lock = String(headers['etag'] ?? headers['ETag']).replaceAll('"', '')
    const rejected = await server.call('DELETE', `/devices/d1/messages/devicebound/${lock}?reject`, {
      as: { deviceId: 'd1' },
    })
    expect(rejected.status).toBe(204)
    server.clock.advance(15_000)
    expect(JSON.stringify(server.hub.feedback.receive())).toMatch(/Message rejected/)
  })
})
