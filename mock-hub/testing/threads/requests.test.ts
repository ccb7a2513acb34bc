/** Further public reports over REST, made again on this hub (docs/contract/reference/reports.md). */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openTestServer, type Answer, type TestServer } from '../../http/testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  server.hub.registry.create({ deviceId: 'd1' })
  server.hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
  server.hub.registry.create({ deviceId: 'd1', moduleId: 'm1' })
})
afterEach(() => server.stop())

const bodyOf = ({ json }: Answer): Record<string, unknown> => json as Record<string, unknown>
const inner = (answer: Answer): unknown => JSON.parse(String(bodyOf(answer)['Message']))
const badSignature = (resource: string): string =>
  `SharedAccessSignature sr=${encodeURIComponent(resource)}&sig=${encodeURIComponent(Buffer.alloc(32).toString('base64'))}&se=99999999999`

describe('direct methods', () => {
  test('report-net-122, report-cli-54, report-java-329: a device that does not come within its minute', async () => {
    const answer = server.call('POST', '/twins/d1/methods', {
      body: { methodName: 'reset', connectTimeoutInSeconds: 60 },
    })
    let over = false
    void answer.then(() => {
      over = true
    })
    await vi.waitFor(() => {
      server.clock.advance(60_000)
      expect(over).toBe(true)
    })
    expect((await answer).status).toBe(404)
    expect(inner(await answer)).toMatchObject({ errorCode: 404103, info: { timeout: '00:01:00' } })
  })

  test('report-docs-11156: without an api-version', async () => {
    const answer = await server.call('POST', '/twins/d1/methods/', {
      apiVersion: null,
      body: { methodName: 'reboot', responseTimeoutInSeconds: 200, payload: { input1: 'someInput' } },
    })
    expect(answer.status).toBe(400)
    expect(bodyOf(answer)['Message']).toBe('ErrorCode:InvalidProtocolVersion;BadRequest')
  })

  test('report-docs-14123: a policy that may not', async () => {
    const answer = await server.call('POST', '/twins/d1/methods', {
      as: badSignature('localhost'),
      body: { methodName: 'x' },
    })
    expect(answer.status).toBe(401)
    expect(inner(answer)).toEqual({
      errorCode: 401002,
      trackingId: expect.any(String) as string,
      message: 'Unauthorized',
      timestampUtc: expect.any(String) as string,
    })
    expect(bodyOf(answer)['ExceptionMessage']).toBe('')
  })
})

describe('identities', () => {
  test('report-net-875: dollar signs in ids', async () => {
    const put = (path: string, body: object): Promise<Answer> => server.call('PUT', path, { body })
    expect((await put('/devices/special$device', { deviceId: 'special$device' })).status).toBe(200)
    const module = { deviceId: 'special$device', moduleId: 'special$module' }
    expect((await put('/devices/special$device/modules/special$module', module)).status).toBe(200)
    const answer = await put('/devices/special$device/modules/$specialmodule2', {
      ...module,
      moduleId: '$specialmodule2',
    })
    expect(answer.status).toBe(400)
    expect(bodyOf(answer)['Message']).toBe('ErrorCode:ArgumentInvalid;BadRequest')
  })

  test('report-docs-40485: fifty modules on a device', async () => {
    for (let each = 2; each <= 50; each++) {
      const moduleId = `m${String(each)}`
      const answer = await server.call('PUT', `/devices/d1/modules/${moduleId}`, {
        body: { deviceId: 'd1', moduleId },
      })
      expect(answer.status).toBe(200)
    }
    const one = await server.call('PUT', '/devices/d1/modules/m51', {
      body: { deviceId: 'd1', moduleId: 'm51' },
    })
    expect(one.headers['iothub-errorcode']).toBe('TooManyModulesOnDevice')
  })

  test('report-identity-663: a device creates a module that it has', async () => {
    server.hub.registry.create({ deviceId: 'edge', moduleId: 'm1' })
    const answer = await server.call('PUT', '/devices/edge/modules/m1', {
      as: { deviceId: 'edge' },
      apiVersion: '2017-11-08-preview',
      body: { moduleId: 'm1', deviceId: 'edge', managedBy: 'IotEdge' },
    })
    expect(answer.status).toBe(409)
    expect(inner(answer)).toMatchObject({
      errorCode: 409301,
      message: 'Device edge in IotHub localhost already contains Module m1.',
    })
  })

  test('report-net-67: the generation of a device', async () => {
    const { generationId } = bodyOf(await server.call('GET', '/devices/d1'))
    expect(generationId).toMatch(/^6\d{17}$/)
  })
})

describe('twins', () => {
  const patch = (path: string, desired: object): Promise<Answer> =>
    server.call('PATCH', path, { body: { properties: { desired } } })

  test('report-edge-5921: a deployment with a value of more than 4096 bytes', async () => {
    const answer = await server.call('POST', '/devices/edge/applyConfigurationContent', {
      body: {
        modulesContent: {
          $edgeAgent: { 'properties.desired': { schemaVersion: '1.1' } },
          proxy: { 'properties.desired': { proxy_config: 'x'.repeat(5_000) } },
        },
      },
    })
    expect(answer.status).toBe(400)
    expect(bodyOf(answer)['Message']).toMatch(
      /^ErrorCode:ArgumentInvalid;Property or Tag value should be maximum 4096 bytes\. Error in Property\/Tag /,
    )
  })

  test('report-docs-45264: ten levels in the twin of a module', async () => {
    let nested: object = { x: 1 }
    for (let level = 9; level >= 1; level--) nested = { [`l${String(level)}`]: nested }
    expect((await patch('/twins/d1/modules/m1', nested)).status).toBe(200)
  })

  test('report-docs-45003: keys of 1 KB, values of 4 KB, hundreds of keys, and 32 KB in all', async () => {
    expect((await patch('/twins/d1', { ['k'.repeat(1_024)]: 1 })).status).toBe(200)
    expect((await patch('/twins/d1', { v: 'x'.repeat(4_096) })).status).toBe(200)
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, each) => [`p${String(each)}`, each]))
    expect((await patch('/twins/d1', { many })).status).toBe(200)
    const large = Object.fromEntries(
      Array.from({ length: 5 }, (_, each) => [`t${String(each)}`, 'x'.repeat(4_000)]),
    )
    expect((await patch('/twins/d1', large)).status).toBe(200)
  })
})

describe('uploads', () => {
  test('report-docs-43454: the start of an upload without an api-version', async () => {
    const answer = await server.call('POST', '/devices/d1/files', {
      as: { deviceId: 'd1' },
      apiVersion: null,
      body: { blobName: 'x' },
    })
    expect(answer.status).toBe(400)
    expect(bodyOf(answer)['Message']).toBe('ErrorCode:InvalidProtocolVersion;BadRequest')
  })

  test('report-node-969: an upload is reported with the id of another', async () => {
    const answer = await server.call('POST', '/devices/d1/files/notifications', {
      as: { deviceId: 'd1' },
      body: { correlationId: 'undefined', isSuccess: true, statusCode: 201, statusDescription: '' },
    })
    expect(answer.status).toBe(400)
  })

  test('report-net-948: the start at api-version 2018-06-30, and a blob with a signature that does not fit', async () => {
    const answer = await server.call('POST', '/devices/d1/files', {
      as: { deviceId: 'd1' },
      apiVersion: '2018-06-30',
      body: { blobName: 'x' },
    })
    const { sasToken, containerName, hostName, blobName, correlationId } = bodyOf(answer)
    expect([answer.status, typeof correlationId, typeof hostName]).toEqual([200, 'string', 'string'])
    expect(sasToken).toMatch(/^\?sv=/)
    const blob = await server.call(
      'PUT',
      `/${String(containerName)}/other-${String(blobName)}${String(sasToken)}`,
      {
        as: null,
        apiVersion: null,
        headers: { 'x-ms-blob-type': 'BlockBlob' },
        body: 'x',
      },
    )
    expect([blob.status, blob.headers['content-type']]).toEqual([403, 'application/xml'])
    expect(blob.text).toContain(
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    )
  })
})

describe('gateways', () => {
  test('report-edge-7247, report-lorawan-2124: edgeHub asks for a device that is not its own', async () => {
    server.hub.registry.create({ deviceId: 'top' }, { iotEdge: true })
    await server.call('PUT', '/devices/top/modules/$edgeHub', {
      body: { deviceId: 'top', moduleId: '$edgeHub', authentication: { type: 'sas' } },
      headers: { 'if-match': '*' },
    })
    const answer = await server.call(
      'GET',
      '/devices/top/modules/$edgeHub/deviceAndModuleInDeviceScope?targetDeviceId=d1',
      { as: { deviceId: 'top', moduleId: '$edgeHub' }, apiVersion: '2020-06-30-preview' },
    )
    expect(answer.status).toBe(401)
    expect(bodyOf(answer)).toMatchObject({
      Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized',
      ExceptionMessage: expect.stringMatching(/^Tracking ID:/) as string,
    })
  })
})
