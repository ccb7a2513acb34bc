import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  for (const deviceId of ['d', 'e']) server.hub.registry.create({ deviceId })
  server.hub.twins.patch({ deviceId: 'd' }, { tags: { site: 'a' } }, '*')
})
afterAll(() => server.stop())

const CONTENT = { deviceContent: { 'properties.desired.chiller': { level: 3 } } }
const put = (id: string, body: object, ifMatch?: string): Promise<Answer> =>
  server.call('PUT', `/configurations/${id}`, {
    body,
    ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
  })
const desired = (deviceId: string): unknown => server.hub.twins.get({ deviceId }).desired.properties

describe('WIRE-CFG-01: a configuration', () => {
  test('is created with 200, read, listed, updated with 200 and deleted with 204', async () => {
    const body = {
      id: 'one',
      schemaVersion: '1.0',
      labels: { by: 'test' },
      content: CONTENT,
      targetCondition: "tags.site = 'a'",
      priority: 5,
      metrics: { queries: { all: 'SELECT * FROM devices' } },
    }
    const made = await put('one', body)
    expect(made.status).toBe(200)
    expect(made.json).toMatchObject({ ...body, metrics: { queries: body.metrics.queries } })
    expect([desired('d'), desired('e')]).toEqual([{ chiller: { level: 3 } }, {}])
    const etag = String(made.headers['etag'])
    expect(await server.call('GET', '/configurations/one')).toMatchObject({ status: 200, json: made.json })
    for (const list of ['/configurations?top=20', '/configurations/?top=20'])
      expect((await server.call('GET', list)).json).toEqual([made.json])
    const changed = await put('one', { ...body, priority: 6 }, etag)
    expect(changed).toMatchObject({ status: 200, json: { priority: 6 } })
    expect(errorOf(await put('one', body, etag)).code).toBe(412001)
    expect(errorOf(await put('one', body)).code).toBe(409401)
    const gone = await server.call('DELETE', '/configurations/one', { headers: { 'if-match': '*' } })
    expect([gone.status, gone.text]).toEqual([204, ''])
    expect(errorOf(await server.call('GET', '/configurations/one')).code).toBe(404301)
    expect(desired('d')).toEqual({ chiller: { level: 3 } })
  })

  test('is updated with its content sent back in another order and with empty sections, as clients write it', async () => {
    const chiller = { 'properties.desired.chiller': { level: 3, pressure: 28.02 } }
    await put('again', { id: 'again', content: { deviceContent: chiller } })
    const reordered = { 'properties.desired.chiller': { pressure: 28.02, level: 3 } }
    const content = { modulesContent: {}, moduleContent: null, deviceContent: reordered }
    expect(await put('again', { id: 'again', content, priority: 7 }, '*')).toMatchObject({
      status: 200,
      json: { priority: 7, content: { deviceContent: chiller } },
    })
    const other = { deviceContent: { 'properties.desired.chiller': { level: 4, pressure: 28.02 } } }
    // Another content has no effect (WIRE-CFG-08).
    expect(await put('again', { id: 'again', content: other }, '*')).toMatchObject({
      status: 200,
      json: { content: { deviceContent: chiller } },
    })
    await server.call('DELETE', '/configurations/again', { headers: { 'if-match': '*' } })
  })

  test.each<[object, number]>([
    [{}, 400402],
    [{ content: {} }, 400402],
    [{ content: { deviceContent: { 'properties.reported.x': 1 } } }, 400402],
    [{ content: CONTENT, targetCondition: 'tags.site =' }, 400401],
    [{ content: CONTENT, targetCondition: 'deviceId=edgeDeviceVM' }, 400401],
    [{ content: CONTENT, targetCondition: 'properties.desired.x = 1' }, 400401],
    [{ content: CONTENT, targetCondition: 'NOT is_defined(connectionState) OR deviceId > -tags.x' }, 400401],
    [{ content: CONTENT, targetCondition: "tags.my_tag IN ['true']" }, 400401],
    [{ content: { moduleContent: { 'properties.desired.x': 1 } }, targetCondition: 'tags.x = 1' }, 400402],
    [{ content: CONTENT, metrics: { queries: { m: 'SELECT' } } }, 400404],
    [{ content: CONTENT, id: 'other' }, 400004],
    [{ content: CONTENT, priority: -1 }, 400004],
    [{ content: CONTENT, priority: 2 ** 31 }, 400004],
    [{ content: CONTENT, schemaVersion: 2 }, 400004],
    [{ content: CONTENT, metrics: { queries: { m: 'select deviceId' } } }, 400404],
  ])('%j is refused with %i', async (body, code) => {
    expect(errorOf(await put('bad', body)).code).toBe(code)
    expect((await server.call('GET', '/configurations/bad')).status).toBe(404)
  })

  test.each([
    ['nothing', undefined],
    ['text', '2.0'],
  ])('WIRE-CFG-05: schemaVersion is what was given: %s', async (_, schemaVersion) => {
    const made = await put('versioned', { content: CONTENT, schemaVersion })
    expect(made.json).toMatchObject({ schemaVersion: schemaVersion ?? null, labels: null, priority: 0 })
    const etag = String(made.headers['etag'])
    expect((await put('versioned', { ...(made.json as object), priority: 1 }, etag)).json).toMatchObject({
      schemaVersion: schemaVersion ?? null,
      labels: null,
      priority: 1,
    })
    await server.call('DELETE', '/configurations/versioned')
  })

  test('WIRE-CFG-05: nothing is counted at once, and everything half a minute later', async () => {
    const metrics = { queries: { all: 'SELECT deviceId FROM devices', every: 'select *' } }
    const made = await put('counted', { content: CONTENT, targetCondition: "tags.site = 'a'", metrics })
    const results = { systemMetrics: { results: {} }, metrics: { results: {} } }
    expect(made.json).toMatchObject(results)
    const get = async () => (await server.call('GET', '/configurations/counted')).json as typeof results
    server.clock.advance(29_999)
    expect([(await get()).systemMetrics.results, (await get()).metrics.results]).toEqual([{}, {}])
    server.clock.advance(1)
    expect(await get()).toMatchObject({
      systemMetrics: { results: { targetedCount: 1, appliedCount: 1 } },
      metrics: { results: { all: 2, every: 2 }, queries: metrics.queries },
    })
    await server.call('DELETE', '/configurations/counted')
  })

  test.each(['0', '-1', 'all', '1.5'])('top=%s is refused; a large one is all', async (top) => {
    expect(errorOf(await server.call('GET', `/configurations?top=${top}`)).name).toBe('ArgumentInvalid')
    expect((await server.call('GET', '/configurations?top=5000')).status).toBe(200)
  })

  test('WIRE-CFG-01: empty sections are none: .NET writes all three', async () => {
    const empty = { modulesContent: {}, moduleContent: {}, deviceContent: {} }
    expect(errorOf(await put('net', { content: empty })).code).toBe(400402)
    expect((await put('net', { content: { ...empty, ...CONTENT }, contentType: 'assignment' })).status).toBe(
      200,
    )
    await server.call('DELETE', '/configurations/net')
  })

  test('a target condition is about ids, tags and reported properties; the refusal names what is not', async () => {
    const all = "deviceId != 'x' AND NOT (tags.a.b + 1 > 2 OR is_defined(devices.properties.reported.r))"
    expect((await put('wide', { content: CONTENT, targetCondition: all })).status).toBe(200)
    const modules = {
      content: { moduleContent: { 'properties.desired.x': 1 } },
      targetCondition: "FROM devices.modules WHERE moduleId = 'm' AND tags.x = 1",
    }
    expect((await put('modules', modules)).status).toBe(200)
    for (const id of ['wide', 'modules']) await server.call('DELETE', `/configurations/${id}`)
    const { json } = await put('bad', { content: CONTENT, targetCondition: 'deviceId=edgeDeviceVM' })
    expect((json as { Message: string }).Message).toBe(
      "ErrorCode:InvalidConfigurationTargetCondition;Invalid targetCondition. It must be a filter condition based on 'deviceId', 'tags', or 'properties.reported'. It contains: edgeDeviceVM",
    )
  })

  test('has a lower-case id; there are at most 100', async () => {
    await put('kept', { content: CONTENT })
    expect(errorOf(await put('Upper', { content: CONTENT })).code).toBe(400004)
    for (let n = 1; n < 100; n++) expect((await put(`c${String(n)}`, { content: CONTENT })).status).toBe(200)
    expect(errorOf(await put('one-more', { content: CONTENT })).code).toBe(413101)
    for (let n = 1; n < 100; n++) await server.call('DELETE', `/configurations/c${String(n)}`)
  })

  test('the highest priority wins; a device that matches later is updated', async () => {
    const level = (value: number, priority: number) => ({
      content: { deviceContent: { 'properties.desired.level': value } },
      targetCondition: "tags.site = 'b'",
      priority,
    })
    await put('high', level(9, 9))
    await put('low', level(1, 1))
    server.hub.twins.patch({ deviceId: 'e' }, { tags: { site: 'b' } }, '*')
    expect(desired('e')).toMatchObject({ level: 9 })
    await server.call('DELETE', '/configurations/high')
    expect(desired('e')).toMatchObject({ level: 1 })
  })
})

describe('deployments', () => {
  const targetCondition = "tags.layers = 'yes'"
  const agent = (modules: object) => ({ $edgeAgent: { 'properties.desired': { modules } } })
  const layer = (id: string, priority: number, modulesContent: object) =>
    put(id, { content: { modulesContent }, targetCondition, priority })
  const moduleTwin = (moduleId: string) => server.hub.twins.get({ deviceId: 'layered', moduleId }).desired

  test('WIRE-CFG-07: layers are merged over the whole deployment with the highest priority', async () => {
    server.hub.registry.create({ deviceId: 'layered' }, { iotEdge: true })
    server.hub.twins.patch({ deviceId: 'layered' }, { tags: { layers: 'yes' } }, '*')
    await layer('l-old', 1, { ...agent({ old: {} }), old: { 'properties.desired': { a: 1 } } })
    await layer('l-base', 2, { ...agent({ one: {} }), one: { 'properties.desired': { a: 1, b: 1 } } })
    await layer('l-more', 3, {
      $edgeAgent: { 'properties.desired.modules.two': { type: 'docker' } },
      one: { 'properties.desired.b': 2 },
      two: { 'properties.desired': { c: 3 } },
    })
    expect(moduleTwin('$edgeAgent').properties).toEqual({ modules: { one: {}, two: { type: 'docker' } } })
    expect(moduleTwin('one').properties).toEqual({ a: 1, b: 2 })
    expect(moduleTwin('one').metadata).toMatchObject({
      a: { $lastUpdatedBy: 'l-base' },
      b: { $lastUpdatedBy: 'l-more' },
    })
    await layer('l-whole', 4, { one: { 'properties.desired': { d: 4 } } })
    expect(moduleTwin('one').properties).toEqual({ d: 4 })
  })

  test('WIRE-CFG-07: applied counts what is about $edgeAgent', async () => {
    server.clock.advance(30_000)
    const results = async (id: string): Promise<unknown> =>
      ((await server.call('GET', `/configurations/${id}`)).json as { systemMetrics: unknown }).systemMetrics
    expect(await results('l-more')).toMatchObject({
      results: { targetedCount: 1, appliedCount: 1 },
      queries: {
        appliedCount:
          "select deviceId from devices.modules where moduleId = '$edgeAgent' and configurations.[[l-more]].status = 'Applied'",
      },
    })
    for (const id of ['l-whole', 'l-old'])
      expect(await results(id)).toMatchObject({ results: { targetedCount: 1, appliedCount: 0 } })
    const query = "select * from devices.modules where configurations.[[l-whole]].status = 'Applied'"
    const { json } = await server.call('POST', '/devices/query', { body: { query } })
    expect(json).toMatchObject([{ deviceId: 'layered', moduleId: 'one' }])
    expect(json).toHaveLength(1)
    for (const id of ['l-old', 'l-base', 'l-more', 'l-whole'])
      await server.call('DELETE', `/configurations/${id}`, { headers: { 'if-match': '*' } })
  })
})

describe('WIRE-CFG-02: applyConfigurationContent', () => {
  test('204, and the desired properties of the listed modules are replaced', async () => {
    server.hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
    const agent = { deviceId: 'edge', moduleId: '$edgeAgent' }
    server.hub.twins.patch(agent, { desired: { old: 1 }, tags: { kept: 1 } }, '*')
    const body = {
      modulesContent: {
        $edgeAgent: { 'properties.desired': { modules: { filter: { type: 'docker' } } } },
        $edgeHub: { 'properties.desired': { routes: { r: 'FROM /* INTO $upstream' } } },
      },
    }
    const answer = await server.call('POST', '/devices/edge/applyConfigurationContent', { body })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(server.hub.twins.get(agent)).toMatchObject({
      desired: { properties: { modules: { filter: { type: 'docker' } } } },
      tags: { kept: 1 },
    })
    expect(server.hub.twins.get(agent).desired.properties).not.toHaveProperty('old')
    expect(server.hub.registry.get({ deviceId: 'edge', moduleId: 'filter' }).managedBy).toBe('IotEdge')
  })

  const apply = (device: string, body: object) =>
    server.call('POST', `/devices/${device}/applyConfigurationContent`, { body })
  const AGENT = { $edgeAgent: { 'properties.desired': { modules: {} } } }

  test('unknown devices and invalid content are refused', async () => {
    expect(errorOf(await apply('nobody', CONTENT)).code).toBe(404001)
    expect(errorOf(await apply('d', {})).code).toBe(400402)
  })

  test.each<[string, string, object]>([
    ['content for devices alone', 'edge', CONTENT],
    ['content for devices and no modules', 'edge', { ...CONTENT, modulesContent: {} }],
    [
      'content for one module',
      'edge',
      { moduleContent: { 'properties.desired.x': 1 }, modulesContent: AGENT },
    ],
  ])('WIRE-CFG-04: %s is refused in the words of the service', async (_, device, body) => {
    const refused = await apply(device, body)
    expect([refused.status, errorOf(refused)]).toMatchObject([
      400,
      {
        name: 'InvalidConfigurationContent',
        message: 'The content provided for configuration is invalid. Please check and try again',
      },
    ])
  })

  test('WIRE-CFG-04: a device that is no edge device is told so', async () => {
    const refused = await apply('d', { modulesContent: AGENT })
    expect([refused.status, errorOf(refused)]).toMatchObject([
      400,
      { message: 'Not an Azure IoT Edge device' },
    ])
  })

  test('WIRE-CFG-04: deployed modules that are not listed any more are gone, those of others stay', async () => {
    const { registry } = server.hub
    registry.create({ deviceId: 'edge2' }, { iotEdge: true })
    registry.create({ deviceId: 'edge2', moduleId: 'own' }, { managedBy: 'me' })
    const deploy = (...modules: readonly string[]) => {
      const settings = Object.fromEntries(modules.map((name) => [name, { type: 'docker' }]))
      const $edgeAgent = { 'properties.desired': { schemaVersion: '1.1', modules: settings } }
      return apply('edge2', { modulesContent: { $edgeAgent, $edgeHub: { 'properties.desired': {} } } })
    }
    const names = () => registry.modulesOf('edge2').map(({ identity }) => identity.moduleId)
    expect((await deploy('one', 'two')).status).toBe(204)
    expect(names()).toEqual(['$edgeAgent', '$edgeHub', 'own', 'one', 'two'])
    expect(registry.get({ deviceId: 'edge2', moduleId: 'one' }).authentication.type).toBe('none')
    await deploy('two', 'three')
    expect(names()).toEqual(['$edgeAgent', '$edgeHub', 'own', 'two', 'three'])
    const part = { modulesContent: { two: { 'properties.desired': { level: 1 } } }, ...CONTENT }
    expect((await apply('edge2', part)).status).toBe(204)
    expect(names()).toEqual(['$edgeAgent', '$edgeHub', 'own', 'two', 'three'])
    expect(desired('edge2')).toMatchObject({ chiller: { level: 3 } })
  })
})

describe('WIRE-CFG-03: testQueries', () => {
  const ask = (body: object) => server.call('POST', '/configurations/testQueries', { body })
  test('valid queries give an empty answer', async () => {
    expect(
      await ask({
        targetCondition: 'tags.x = 1',
        customMetricQueries: { m: 'SELECT COUNT() AS n FROM devices' },
      }),
    ).toMatchObject({ status: 200, json: { targetConditionError: '', customMetricQueryErrors: {} } })
  })

  test('problems are listed in an answer with 200', async () => {
    const { status, json } = await ask({
      targetCondition: 'tags.x = = 1',
      customMetricQueries: { good: 'SELECT * FROM devices', bad: 'SELECT FROM' },
    })
    expect(status).toBe(200)
    expect(json).toEqual({
      targetConditionError: expect.stringMatching(/./) as unknown,
      customMetricQueryErrors: { bad: expect.stringMatching(/./) as unknown },
    })
  })
})
