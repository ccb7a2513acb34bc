/** What a client's authors measured on a live hub in August 2026, made again on this hub (docs/contract/reference/reports.md#reports-measured). */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { openTestServer, type TestServer } from '../../http/testing/test-server.ts'

let server: TestServer
const call: TestServer['call'] = (...args) => server.call(...args)
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

const messageOf = ({ json }: { json: unknown }): string => (json as { Message: string }).Message
const put = (path: string, body: object, ifMatch?: string) =>
  call('PUT', path, { body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } })
const device = async (deviceId: string, more: object = {}) =>
  (await put(`/devices/${deviceId}`, { deviceId, ...more })).json as JsonObject

describe('identities', () => {
  test('T1: without If-Match a write creates, even with the current etag in the body', async () => {
    const body = await device('d')
    const answer = await put('/devices/d', body)
    expect(answer.status).toBe(409)
    expect(messageOf(answer)).toBe(
      "ErrorCode:DeviceAlreadyExists;A device with ID 'd' is already registered.",
    )
  })
  test('T2: with If-Match a write updates', async () => {
    for (const etag of ['*', '"ODAxMjMyNDI2"'])
      expect((await put('/devices/none', { deviceId: 'none' }, etag)).status).toBe(404)
  })
  test('T4: a removal needs If-Match', async () => {
    await device('d')
    await put('/devices/d/modules/m', { deviceId: 'd', moduleId: 'm' })
    for (const path of ['/devices/d/modules/m', '/devices/d']) {
      const answer = await call('DELETE', path)
      expect([path, answer.status]).toEqual([path, 412])
      expect(messageOf(answer)).toContain('Etag missing')
      expect((await call('DELETE', path, { headers: { 'if-match': '*' } })).status).toBe(204)
    }
    expect((await call('DELETE', '/devices/d', { headers: { 'if-match': '*' } })).status).toBe(404)
  })
  test('T7: the mirror in a twin', async () => {
    const { etag } = await device('d')
    const twin = (await call('GET', '/twins/d')).json as JsonObject
    expect(twin['deviceEtag']).toBe(etag)
    expect(Object.keys(twin)).toEqual(
      expect.arrayContaining([
        'connectionState',
        'lastActivityTime',
        'cloudToDeviceMessageCount',
        'status',
        'statusUpdateTime',
        'authenticationType',
        'x509Thumbprint',
      ]),
    )
    expect(Object.keys(twin)).not.toContain('connectionStateUpdatedTime')
    expect(Object.keys(twin)).not.toContain('generationId')
    expect(Object.keys(twin)).not.toContain('deviceScope')
    expect(Object.keys(twin)).not.toContain('parentScopes')
    const changed = (await put('/devices/d', { deviceId: 'd', status: 'disabled', statusReason: 'x' }, '*'))
      .json as JsonObject
    const after = (await call('GET', '/twins/d')).json as JsonObject
    expect(after['deviceEtag']).toBe(changed['etag'])
    expect(after['etag']).toBe(twin['etag'])
    expect(after['statusReason']).toBe('x')
  })
  test('T8: a twin needs ServiceConnect', async () => {
    await device('d')
    expect((await call('GET', '/twins/d', { as: 'registryReadWrite' })).status).toBe(401)
    expect((await call('GET', '/twins/d', { as: 'service' })).status).toBe(200)
    expect((await call('GET', '/digitaltwins/d', { as: 'registryReadWrite' })).status).toBe(401)
  })
  test('T10: thumbprints keep their case and are PrimaryThumbprint in a twin', async () => {
    const primaryThumbprint = 'ab'.repeat(20)
    await device('d', { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } })
    const { authentication } = (await call('GET', '/devices/d')).json as JsonObject
    expect(authentication).toMatchObject({ x509Thumbprint: { primaryThumbprint } })
    expect((await call('GET', '/twins/d')).text).toContain(`"PrimaryThumbprint":"${primaryThumbprint}"`)
  })
  test('T14: refused credentials', async () => {
    let last = 0
    const create = (authentication: object) => {
      const deviceId = `x${String(++last)}`
      return put(`/devices/${deviceId}`, { deviceId, authentication })
    }
    const key = Buffer.alloc(32).toString('base64')
    const cases: [object, string][] = [
      [
        { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: Array(20).fill('ab').join(':') } },
        'StringIsNotThumbprint',
      ],
      [
        { type: 'sas', symmetricKey: { primaryKey: 'AAAA', secondaryKey: 'AAAA' } },
        'Invalid device key length',
      ],
      [{ type: 'sas', symmetricKey: { primaryKey: key } }, 'Either no keys or both keys can be set'],
      [{ type: 'none' }, 'DeviceAuthenticationTypeIsMissing'],
    ]
    for (const [authentication, text] of cases) {
      const answer = await create(authentication)
      expect([text, answer.status]).toEqual([text, 400])
      expect.soft(messageOf(answer)).toMatch(/^ErrorCode:ArgumentInvalid;/)
      expect.soft(messageOf(answer)).toContain(text)
    }
    expect((await create({ type: 'selfSigned' })).status).toBe(200)
    await device('x')
    const module = await put('/devices/x/modules/m', {
      deviceId: 'x',
      moduleId: 'm',
      authentication: { type: 'none' },
    })
    expect([
      module.status,
      (module.json as { authentication: { type: string } }).authentication.type,
    ]).toEqual([200, 'sas'])
  })
})

describe('scopes', () => {
  test('T13: parents', async () => {
    const edge = await device('e', { capabilities: { iotEdge: true } })
    const scope = edge['deviceScope'] as string
    const leaf = await device('l', { deviceScope: scope })
    expect(leaf['parentScopes']).toEqual([scope])
    const ignored = await device('l2', { parentScopes: [scope] })
    expect(ignored['deviceScope'] ?? '').toBe('')
    expect(ignored['parentScopes'] ?? []).toEqual([])
    const own = await device('e2', {
      capabilities: { iotEdge: true },
      deviceScope: 'ms-azure-iot-edge://mine-1',
    })
    expect(own['deviceScope']).toMatch(/^ms-azure-iot-edge:\/\/e2-\d+$/)
    const child = await device('e3', { capabilities: { iotEdge: true }, parentScopes: [scope] })
    expect(child['parentScopes']).toEqual([scope])
  })
  test('T13b: a device that becomes an edge device', async () => {
    await device('d')
    const answer = (await put('/devices/d', { deviceId: 'd', capabilities: { iotEdge: true } }, '*'))
      .json as JsonObject
    expect(answer['deviceScope']).toBe('ms-azure-iot-edge://d-')
  })
  test('T24: updates of an edge device', async () => {
    const parent = await device('p', { capabilities: { iotEdge: true } })
    const edge = await device('e', { capabilities: { iotEdge: true }, parentScopes: [parent['deviceScope']] })
    for (const deviceScope of [undefined, '']) {
      const answer = await put(
        '/devices/e',
        { deviceId: 'e', capabilities: { iotEdge: true }, deviceScope },
        '*',
      )
      expect(answer.status).toBe(400)
      expect(messageOf(answer)).toContain('Device scope is immutable')
    }
    for (const parentScopes of [undefined, []]) {
      await put(
        '/devices/e',
        {
          deviceId: 'e',
          capabilities: { iotEdge: true },
          deviceScope: edge['deviceScope'],
          parentScopes: [parent['deviceScope']],
        },
        '*',
      )
      const answer = await put(
        '/devices/e',
        { deviceId: 'e', capabilities: { iotEdge: true }, deviceScope: edge['deviceScope'], parentScopes },
        '*',
      )
      expect((answer.json as JsonObject)['parentScopes'] ?? []).toEqual([])
    }
    const leaf = await put(
      '/devices/e',
      { deviceId: 'e', capabilities: { iotEdge: false }, deviceScope: parent['deviceScope'] },
      '*',
    )
    expect(leaf.status).toBe(200)
    expect((leaf.json as JsonObject)['parentScopes'] ?? []).toEqual([])
  })
})

describe('modules', () => {
  test('T15: modules', async () => {
    await device('d')
    const created = await put('/devices/d/modules/m', { deviceId: 'd', moduleId: 'm', managedBy: 'x' })
    expect(created.status).toBe(200)
    expect(Object.keys(created.json as object)).not.toContain('status')
    expect((await put('/devices/d/modules/$m', { deviceId: 'd', moduleId: '$m' })).status).toBe(400)
    const again = await put('/devices/d/modules/m', { deviceId: 'd', moduleId: 'm' }, '*')
    expect((again.json as JsonObject)['managedBy'] ?? '').toBe('')
    const twin = (await call('GET', '/twins/d/modules/m')).json as JsonObject
    expect(twin['deviceEtag']).toBe((again.json as JsonObject)['etag'])
    const duplicate = await put('/devices/d/modules/m', { deviceId: 'd', moduleId: 'm' })
    expect([duplicate.status, duplicate.headers['iothub-errorcode']]).toEqual([
      409,
      'ModuleAlreadyExistsOnDevice',
    ])
    expect(duplicate.text).toContain('already contains Module m.')
  })
  test('T15b: modules of a device that is not there, or disabled', async () => {
    await device('off', { status: 'disabled' })
    for (const id of ['none', 'off'])
      for (const [method, path, body] of [
        ['GET', `/devices/${id}/modules/m`, undefined],
        ['GET', `/devices/${id}/modules`, undefined],
        ['PUT', `/devices/${id}/modules/m`, { deviceId: id, moduleId: 'm' }],
        ['DELETE', `/devices/${id}/modules/m`, undefined],
      ] as const) {
        const answer = await call(method, path, {
          body,
          headers: method === 'DELETE' ? { 'if-match': '*' } : {},
        })
        expect.soft([method, path, answer.status]).toEqual([method, path, 401])
        expect.soft(answer.headers['iothub-errorcode']).toBe('IotHubUnauthorizedAccess')
      }
    expect((await call('GET', '/twins/none/modules/m')).status).toBe(404)
  })
  test('T15c: the twin of a module that is not there', async () => {
    await device('d')
    const answer = await call('GET', '/twins/d/modules/none')
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound'])
  })
})

describe('configurations', () => {
  const content = { deviceContent: { 'properties.desired.a': 1 } }
  const create = (id: string, more: object = {}) => put(`/configurations/${id}`, { id, content, ...more })
  test('T16: an update', async () => {
    const made = await create('c', { targetCondition: '*' })
    expect(made.json).toMatchObject({ priority: 0, labels: null, schemaVersion: null })
    const { etag } = made.json as { etag: string }
    expect(made.headers['etag'] ?? made.headers['ETag']).toBe(`"${etag}"`)
    const bare = await put('/configurations/c', { id: 'c', content, priority: 2 }, etag)
    expect([bare.status, bare.headers['iothub-errorcode']]).toEqual([409, 'ConfigurationAlreadyExists'])
    const without = await put('/configurations/c', { id: 'c', priority: 2 }, `"${etag}"`)
    expect([without.status, without.headers['iothub-errorcode']]).toEqual([
      400,
      'InvalidConfigurationContent',
    ])
    const other = await put(
      '/configurations/c',
      {
        id: 'c',
        content: { deviceContent: { 'properties.desired.a': 2 } },
        priority: 3,
        schemaVersion: '2.0',
      },
      `"${etag}"`,
    )
    expect(other.status).toBe(200)
    expect(other.json).toMatchObject({ content, priority: 3, schemaVersion: '2.0' })
    expect((await create('c')).status).toBe(409)
    expect((await call('DELETE', '/configurations/c')).status).toBe(204)
  })
  test('T16b: ids and contents', async () => {
    for (const id of ['A', 'a.b', 'a,b'])
      expect.soft([id, (await create(encodeURIComponent(id))).status]).toEqual([id, 400])
    for (const id of ["a-+_*!'", 'a%'])
      expect
        .soft([id, (await put(`/configurations/${encodeURIComponent(id)}`, { id, content })).status])
        .toEqual([id, 200])
    const tags = await put('/configurations/t', { id: 't', content: { deviceContent: { 'tags.x': 1 } } })
    expect(tags.headers['iothub-errorcode']).toBe('InvalidConfigurationContent')
  })
  test('T16c: queries are tested; * is none', async () => {
    const answer = await call('POST', '/configurations/testQueries', {
      body: { targetCondition: '*', customMetricQueries: {} },
    })
    expect(answer.status).toBe(200)
    expect((answer.json as JsonObject)['targetConditionError']).toBeTruthy()
    await create('a')
    await create('b')
    expect(((await call('GET', '/configurations?top=1')).json as unknown[]).length).toBe(2)
  })
  test('T17: edge deployments', async () => {
    const edge = (modulesContent: object, more: object = {}) =>
      put('/configurations/e', { id: 'e', content: { modulesContent, ...more } })
    for (const content of [{ $edgeHub: { 'properties.desired.routes.r': 'FROM /* INTO $upstream' } }, {}]) {
      const answer = await edge(content)
      expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([
        400,
        'InvalidConfigurationContent',
      ])
    }
    expect((await edge({ $edgeAgent: {} }, { deviceContent: { 'properties.desired.a': 1 } })).status).toBe(
      400,
    )
    expect(
      (await edge({ $edgeAgent: {}, $edgeHub: { 'properties.desired.routes.r': 'FROM /* INTO $upstream' } }))
        .status,
    ).toBe(200)
    await device('d')
    const answer = await call('POST', '/devices/d/applyConfigurationContent', {
      body: { modulesContent: { $edgeAgent: { 'properties.desired': {} } } },
    })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain('Not an Azure IoT Edge device')
  })
})

describe('queries, jobs, methods', () => {
  test('T18: a query that cannot be read', async () => {
    const answer = await call('POST', '/devices/query', { body: { query: 'SELEC x FROM devices' } })
    expect([answer.status, messageOf(answer)]).toEqual([400, 'ErrorCode:ArgumentInvalid;BadRequest'])
  })
  const job = (id: string, more: object = {}) =>
    put(`/jobs/v2/${encodeURIComponent(id)}`, {
      jobId: id,
      type: 'scheduleUpdateTwin',
      queryCondition: "deviceId = 'x'",
      updateTwin: { etag: '*', tags: { a: null } },
      ...more,
    })
  test('T20: ids of jobs', async () => {
    for (const id of ['A', 'a_b', 'a.b', 'a b', 'a'.repeat(65)])
      expect
        .soft([id, (await job(id)).status, (await job(id)).headers['iothub-errorcode']])
        .toEqual([id, 400, 'ArgumentInvalid'])
    expect((await job("a-1'")).status).toBe(200)
  })
  test('T20b: jobs that are not there, and twice there', async () => {
    expect(
      (await job('j', { startTime: new Date(server.clock.now() + 3_600_000).toISOString() })).status,
    ).toBe(200)
    const again = await job('j')
    expect([again.status, again.headers['iothub-errorcode']]).toEqual([409, 'JobAlreadyExists'])
    const none = await call('GET', '/jobs/v2/none')
    expect([none.status, none.json]).toEqual([
      200,
      expect.objectContaining({ type: 'unknown', status: 'unknown' }),
    ])
    const cancel = await call('POST', '/jobs/v2/none/cancel')
    expect([cancel.status, cancel.headers['iothub-errorcode']]).toEqual([404, 'JobNotFound'])
    const late = await job('late', {
      startTime: new Date(server.clock.now() + 169 * 3_600_000).toISOString(),
    })
    expect(late.status).toBe(400)
    expect(messageOf(late)).toContain('within 168 hours')
  })
  test('T21: a call whose wait is longer than the call', async () => {
    await device('d')
    const answer = await call('POST', '/twins/d/methods', {
      body: { methodName: 'x', connectTimeoutInSeconds: 60, responseTimeoutInSeconds: 30 },
    })
    expect(answer.status).toBe(400)
    expect(JSON.parse(messageOf(answer))).toMatchObject({
      errorCode: 400004,
      message: expect.stringMatching(
        /^Device connection timeout .*cannot be longer than an overall call timeout/,
      ) as string,
    })
  })
  test('T22: digital twins', async () => {
    await device('d')
    const answer = await call('GET', '/digitaltwins/d')
    const twin = (await call('GET', '/twins/d')).json as JsonObject
    expect(answer.json).toMatchObject({ $dtId: 'd', $metadata: { $model: '' } })
    expect(answer.headers['etag'] ?? answer.headers['ETag']).toBe(`"${twin['etag'] as string}"`)
    const none = await call('POST', '/digitaltwins/none/commands/c')
    expect(none.status).toBe(404)
    expect(JSON.parse(messageOf(none))).toMatchObject({ errorCode: 404001 })
    const off = await call('POST', '/digitaltwins/d/commands/c')
    expect(off.status).toBe(404)
    expect(JSON.parse(messageOf(off))).toMatchObject({ errorCode: 404103 })
  })
  test('T12: names and numbers in twins', async () => {
    await device('d')
    const patch = (desired: object) => call('PATCH', '/twins/d', { body: { properties: { desired } } })
    for (const desired of [{ '': 1 }, { ä: 1 }, { n: 4503599627370495 }])
      expect.soft([desired, (await patch(desired)).status]).toEqual([desired, 200])
    expect((await patch({ n: 4503599627370496 })).status).toBe(400)
    expect((await patch({ n: [null] })).status).toBe(400)
  })
})
