/** What public reports show of the live service over REST, made again on this hub (docs/contract/reference/reports.md). */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectDevice } from '../../http/testing/device.ts'
import { openTestServer, type Answer, type TestServer } from '../../http/testing/test-server.ts'

const DEVICE = { deviceId: 'd1' }
let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  const { registry } = server.hub
  registry.create(DEVICE)
  registry.create({ deviceId: 'edge' }, { iotEdge: true })
  for (const moduleId of ['m1', 'm2']) registry.create({ ...DEVICE, moduleId })
})
afterEach(() => server.stop())

/** The JSON text in `Message`. */
const inner = ({ json }: Answer): unknown => JSON.parse((json as { Message: string }).Message)
const messageOf = ({ json }: Answer): string => (json as { Message: string }).Message
const query = async (text: string): Promise<unknown> =>
  (await server.call('POST', '/devices/query', { body: { query: text } })).json
const patch = (desired: object, apiVersion = '2021-04-12'): Promise<Answer> =>
  server.call('PATCH', '/twins/d1', { body: { properties: { desired } }, apiVersion })
const configuration = (targetCondition: string): Promise<Answer> =>
  server.call('PUT', '/configurations/c', {
    body: { id: 'c', content: { deviceContent: { 'properties.desired.x': 1 } }, targetCondition },
  })

describe('direct methods', () => {
  const invoke = (body: object): Promise<Answer> => server.call('POST', '/twins/d1/methods', { body })

  test('report-net-724: a response time-out of 3000 s is out of range', async () => {
    const answer = await invoke({ methodName: 'x', responseTimeoutInSeconds: 3000 })
    expect(answer.status).toBe(400)
    expect(inner(answer)).toMatchObject({
      errorCode: 400004,
      message: 'responseTimeoutInSeconds must be within [5; 300].',
    })
    expect(answer.json).toMatchObject({ ExceptionMessage: '' })
  })

  test('report-net-1139: a device that answers too late', async () => {
    const called = new Promise<void>((resolve) => {
      connectDevice(server.hub, DEVICE, ['methods'], () => {
        resolve()
        return undefined
      })
    })
    const answer = invoke({ methodName: 'x', responseTimeoutInSeconds: 5 })
    await called
    server.clock.advance(5_000)
    expect((await answer).status).toBe(504)
    expect(inner(await answer)).toMatchObject({
      errorCode: 504101,
      message: 'Timed out waiting for the response from device.',
      info: {},
    })
  })

  test('report-lva-28: a device that is not there', async () => {
    const answer = await invoke({ methodName: 'x' })
    expect(answer.status).toBe(404)
    expect(inner(answer)).toMatchObject({
      errorCode: 404103,
      message:
        "The operation failed because the requested device isn't online or hasn't registered the direct method callback. To learn more, see https://aka.ms/iothub404103",
      info: { timeout: '00:00:00' },
    })
  })

  test('report-c-1924, report-cli-309: no payload reaches the device as an empty body', async () => {
    const payloads: unknown[] = []
    connectDevice(server.hub, DEVICE, ['methods'], (_name, payload) => {
      payloads.push(payload ?? '')
      return { status: 200, payload: null }
    })
    await invoke({ methodName: 'x' })
    expect(payloads).toEqual([''])
  })
})

describe('registry', () => {
  test('report-net-3481: one bulk write may name a device once', async () => {
    const answer = await server.call('POST', '/devices', {
      body: ['m1', 'm2'].map((moduleId) => ({
        id: 'd1',
        moduleId,
        importMode: 'updateTwin',
        tags: { a: 1 },
      })),
    })
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'iothub-errorcode': 'DeviceDefinedMultipleTimes' },
    })
    expect(messageOf(answer)).toBe(
      'ErrorCode:DeviceDefinedMultipleTimes;DeviceDefinedMultipleTimes, device ID d1',
    )
  })

  test('report-net-2184: a device that is created alone or in bulk becomes a child', async () => {
    const { deviceScope } = server.hub.registry.get({ deviceId: 'edge' })
    await server.call('PUT', '/devices/one', { body: { deviceId: 'one', deviceScope } })
    await server.call('POST', '/devices', { body: [{ id: 'many', importMode: 'create', deviceScope }] })
    for (const id of ['one', 'many'])
      expect((await server.call('GET', `/devices/${id}`)).json).toMatchObject({ parentScopes: [deviceScope] })
  })

  test('report-explorer-733: an id with full stops', async () => {
    const path = '/devices/SSE.ENT.Sheaf01'
    expect((await server.call('PUT', path, { body: { deviceId: 'SSE.ENT.Sheaf01' } })).status).toBe(200)
    expect((await server.call('GET', '/twins/SSE.ENT.Sheaf01')).status).toBe(200)
  })

  test('report-c-246: a device whose token is wrong is refused over HTTPS', async () => {
    const sig = encodeURIComponent(Buffer.alloc(32).toString('base64'))
    const answer = await server.call('POST', '/devices/d1/messages/events', {
      as: `SharedAccessSignature sr=localhost%2Fdevices%2Fd1&sig=${sig}&se=99999999999`,
      body: 'x',
    })
    expect(answer.status).toBe(401)
    expect(messageOf(answer)).toBe('ErrorCode:IotHubUnauthorizedAccess;Unauthorized')
  })

  test('report-node-777: a device that was deleted is not found over HTTPS', async () => {
    const sig = encodeURIComponent(Buffer.alloc(32).toString('base64'))
    const answer = await server.call('POST', '/devices/gone/messages/events', {
      as: `SharedAccessSignature sr=localhost%2Fdevices%2Fgone&sig=${sig}&se=99999999999`,
      body: 'x',
    })
    expect(answer.status).toBe(404)
  })

  test('report-edge-5448: a device asks for a module that is not there', async () => {
    const answer = await server.call('GET', '/devices/edge/modules/gone', {
      as: { deviceId: 'edge' },
      apiVersion: '2017-11-08-preview',
    })
    expect(answer.status).toBe(404)
    expect(inner(answer)).toMatchObject({
      errorCode: 404010,
      message: 'Device edge Module gone at IotHub localhost not registered.',
    })
  })

  test('report-net-2321: a path without the method’s name has no POST', async () => {
    const answer = await server.call('POST', '/twins/d1', { body: {} })
    expect(answer).toMatchObject({
      status: 405,
      json: { Message: "The requested resource does not support http method 'POST'." },
    })
  })
})

describe('twins', () => {
  test('report-java-243: a number sign in a name', async () => {
    const answer = await patch({ 'm2(<#a': 1 })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toBe(
      "ErrorCode:ArgumentInvalid;Property or Tag name has invalid characters. Error in Property/Tag m2(<#a. Must not contain Control Characters, '.', '$', '#', or ' '.",
    )
  })

  test('report-docs-41919: ten levels', async () => {
    const deep = (levels: number): object => (levels === 0 ? { test2: 1 } : { a: deep(levels - 1) })
    expect((await patch(deep(9))).status).toBe(200)
  })

  test('report-cli-62: a text of more than 512 bytes', async () => {
    expect((await patch({ createOptions: 'x'.repeat(4_096) })).status).toBe(200)
  })

  test('report-edge-1162: the twin of a system module', async () => {
    const answer = await server.call('PATCH', '/twins/edge/modules/$edgeAgent', {
      body: { properties: { desired: { a: 1 } } },
      apiVersion: '2018-06-30',
    })
    expect(answer.status).toBe(401)
    expect(messageOf(answer)).toBe(
      'ErrorCode:SystemModuleModifyUnauthorizedAccess;Unauthorized to modify reserved module.',
    )
  })

  test('report-docs-44935: the time of the last connect is in the identity, not in the twin', async () => {
    expect((await server.call('GET', '/devices/d1')).json).toHaveProperty('connectionStateUpdatedTime')
    expect((await server.call('GET', '/twins/d1')).json).not.toHaveProperty('connectionStateUpdatedTime')
  })
})

describe('queries and jobs', () => {
  test('report-explorer-453: the list of IoT Explorer', async () => {
    const rows = await query(`
    SELECT deviceId as DeviceId,
    status as Status,
    lastActivityTime as LastActivityTime,
    statusUpdatedTime as StatusUpdatedTime,
    authenticationType as AuthenticationType,
    cloudToDeviceMessageCount as CloudToDeviceMessageCount,
    connectionState as ConnectionState,
    capabilities.iotEdge as IotEdge FROM devices WHERE capabilities.iotEdge=true`)
    expect(rows).toMatchObject([{ DeviceId: 'edge', Status: 'enabled', IotEdge: true }])
  })

  test('report-docs-79482: COUNT() with a name', async () => {
    expect(await query('SELECT COUNT() AS counted FROM devices')).toEqual([{ counted: 2 }])
  })

  test('report-node-355: the row of a projection has what was selected and nothing else', async () => {
    await patch({ air: 3 })
    expect(await query("SELECT properties.desired.air AS data FROM devices WHERE deviceId='d1'")).toEqual([
      { data: 3 },
    ])
  })

  test.each(['startTime', 'maxExecutionTimeInSeconds'])(
    'report-node-847: a job with null for %s is refused',
    async (name) => {
      const method = { methodName: 'ping', payload: 0, responseTimeoutInSeconds: 10 }
      const job = {
        jobId: 'j',
        type: 'scheduleDeviceMethod',
        cloudToDeviceMethod: method,
        queryCondition: '*',
      }
      expect((await server.call('PUT', '/jobs/v2/j', { body: { ...job, [name]: null } })).status).toBe(400)
      expect((await server.call('PUT', '/jobs/v2/j', { body: job })).status).toBe(200)
    },
  )

  test('report-edge-2958: the row of a device that is not there', async () => {
    await server.call('PUT', '/jobs/v2/j', {
      body: {
        jobId: 'j',
        type: 'scheduleDeviceMethod',
        cloudToDeviceMethod: { methodName: 'refresh', payload: null, responseTimeoutInSeconds: 30 },
        queryCondition: "FROM devices.modules WHERE moduleId = 'm1'",
        startTime: '2020-04-14T07:58:00.000Z',
        maxExecutionTimeInSeconds: 30,
      },
      apiVersion: '2018-06-30',
    })
    for (let tries = 0; tries < 100; tries++) {
      server.clock.advance(1_000)
      if (/completed|failed/.test((await server.call('GET', '/jobs/v2/j')).text)) break
    }
    expect(await query("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j'")).toMatchObject([
      { status: 'failed', error: { code: 'DeviceNotOnline' } },
    ])
  })
})

describe('configurations', () => {
  test('report-cli-88: a condition over a name that is no property', async () => {
    const answer = await configuration('deviceId=edgeDeviceVM')
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toBe(
      "ErrorCode:InvalidConfigurationTargetCondition;Invalid targetCondition. It must be a filter condition based on 'deviceId', 'tags', or 'properties.reported'. It contains: edgeDeviceVM",
    )
  })

  test('report-cli-347: a condition with a list of mixed types', async () => {
    const answer = await configuration("tags.my_tag in ['true', true]")
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'iothub-errorcode': 'InvalidConfigurationTargetCondition' },
    })
  })

  test('report-net-2419: content for a device cannot be applied to one', async () => {
    const answer = await server.call('POST', '/devices/d1/applyConfigurationContent', {
      body: { deviceContent: { 'properties.desired.DefaultData': 'XXXX' } },
    })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toBe(
      'ErrorCode:InvalidConfigurationContent;The content provided for configuration is invalid. Please check and try again',
    )
  })
})

describe('uploads', () => {
  const start = (): Promise<Answer> =>
    server.call('POST', '/devices/d1/files', {
      as: DEVICE,
      body: { blobName: 'a' },
      apiVersion: '2016-11-14',
    })

  test('report-c-197, report-c-518: the eleventh upload', async () => {
    for (let n = 0; n < 10; n++) expect((await start()).status).toBe(200)
    const answer = await start()
    expect(answer.status).toBe(403)
    expect(inner(answer)).toMatchObject({
      errorCode: 403006,
      message: expect.stringMatching(/^Number of active file upload requests /) as string,
    })
  })

  test('report-net-3159: an id that no upload can have', async () => {
    const answer = await server.call('POST', '/devices/d1/files/notifications', {
      as: DEVICE,
      body: { correlationId: 'invalid-correlation-id', isSuccess: true },
    })
    expect(answer.status).toBe(400)
    expect(inner(answer)).toMatchObject({ errorCode: 400006 })
  })
})
