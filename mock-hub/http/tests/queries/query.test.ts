import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  for (const deviceId of ['a', 'b', 'c']) server.hub.registry.create({ deviceId })
  server.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
})
afterAll(() => server.stop())
const query = (text: string, headers: Record<string, string> = {}, key = 'query'): Promise<Answer> =>
  server.call('POST', '/devices/query', { body: { [key]: text }, headers })

test('WIRE-QRY-01 WIRE-QRY-02: an array of twins, and the header says so', async () => {
  const { status, headers, json } = await query('SELECT * FROM devices')
  expect([status, headers['x-ms-item-type'], 'x-ms-continuation' in headers]).toEqual([200, 'Twin', false])
  expect(json).toMatchObject([{ deviceId: 'a' }, { deviceId: 'b' }, { deviceId: 'c' }])
})

describe('WIRE-QRY-21: rows of twins', () => {
  const row = async (text: string, apiVersion?: string): Promise<unknown> => {
    const options = { body: { query: text }, ...(apiVersion === undefined ? {} : { apiVersion }) }
    const { json } = await server.call('POST', '/devices/query', options)
    return (json as unknown[])[0]
  }

  test('a device and a module without tags: no tags, capabilities in both', async () => {
    const device = await row("SELECT * FROM devices WHERE deviceId = 'b'")
    expect(device).toMatchObject({ deviceId: 'b', capabilities: { iotEdge: false }, modelId: '' })
    expect(device).not.toHaveProperty('tags')
    const module = await row('SELECT * FROM devices.modules')
    expect(module).toMatchObject({ moduleId: 'm', capabilities: { iotEdge: false } })
    expect(module).not.toHaveProperty('tags')
    expect(module).not.toHaveProperty('configurations')
  })

  test('with tags: tags, before properties', async () => {
    server.hub.twins.patch({ deviceId: 'c' }, { tags: { x: 1 } }, '*')
    const names = Object.keys((await row("SELECT * FROM devices WHERE deviceId = 'c'")) as object)
    expect(names.slice(-3)).toEqual(['tags', 'properties', 'capabilities'])
    server.hub.twins.patch({ deviceId: 'c' }, { tags: null }, '*')
    expect(await row("SELECT * FROM devices WHERE deviceId = 'c'")).not.toHaveProperty('tags')
    expect(await row("SELECT tags FROM devices WHERE deviceId = 'c'")).toEqual({})
  })

  test.each([
    ['2020-03-13', false],
    ['2018-06-30', false],
    ['2020-05-31-preview', true],
    ['2020-09-30', true],
    ['2021-04-12', true],
  ])('api-version %s: modelId is there: %s', async (apiVersion, isThere) => {
    const names = Object.keys((await row('SELECT * FROM devices', apiVersion)) as object)
    expect(names.includes('modelId')).toBe(isThere)
  })
})

test('WIRE-QRY-22: the row of a twin job has an outcome without a method response', async () => {
  const body = { jobId: 'j', type: 'scheduleUpdateTwin', queryCondition: "deviceId = 'a'" }
  const updateTwin = { etag: '*', tags: {} }
  await server.call('PUT', '/jobs/v2/j', { body: { ...body, updateTwin } })
  server.clock.advance(0)
  expect((await query('SELECT * FROM devices.jobs')).json).toMatchObject([
    { deviceId: 'a', status: 'completed', outcome: { deviceMethodResponse: null } },
  ])
})

test('WIRE-QRY-05: projections, aggregates and modules', async () => {
  const count = await query("SELECT COUNT() AS n FROM devices WHERE deviceId != 'a'")
  expect([count.headers['x-ms-item-type'], count.json]).toEqual(['Raw', [{ n: 2 }]])
  const modules = await query('SELECT * FROM devices.modules')
  expect([modules.headers['x-ms-item-type'], modules.json]).toMatchObject([
    'Twin',
    [{ deviceId: 'a', moduleId: 'm' }],
  ])
})

test('WIRE-QRY-03 WIRE-QRY-04: results come page by page', async () => {
  const found: unknown[] = []
  let token: string | undefined
  do {
    const headers: Record<string, string> = {
      'x-ms-max-item-count': '2',
      ...(token === undefined ? {} : { 'x-ms-continuation': token }),
    }
    const page = await query('SELECT deviceId FROM devices', headers)
    found.push(page.json)
    token = page.headers['x-ms-continuation'] as string | undefined
  } while (token !== undefined)
  expect(found).toEqual([[{ deviceId: 'a' }, { deviceId: 'b' }], [{ deviceId: 'c' }]])
})

test('WIRE-QRY-07: the key with a capital letter, as the Go SDK writes it', async () => {
  expect(await query('SELECT * FROM devices', {}, 'Query')).toMatchObject({ status: 200, json: [{}, {}, {}] })
})

test('WIRE-QRY-08: an invalid query is a 400', async () => {
  for (const text of ['', 'SELECT', 'SELECT * FROM nothing', "SELECT * FROM devices WHERE a = '"])
    expect(errorOf(await query(text)).code).toBe(400004)
  expect((await query('SELECT * FROM devices', { 'x-ms-continuation': 'x' })).status).toBe(400)
  expect(errorOf(await query(`SELECT * FROM devices WHERE a = '${'x'.repeat(8_200)}'`)).code).toBe(412001)
})

test('WIRE-QRY-17: a page size that is none gives a page', async () => {
  for (const count of ['0', 'x', '-1', '1e9', ''])
    expect(await query('SELECT * FROM devices', { 'x-ms-max-item-count': count })).toMatchObject({
      status: 200,
      json: [{}, {}, {}],
    })
})

test('WIRE-QRY-18: a query that is null or missing is a 400 ArgumentNull', async () => {
  for (const body of [{ query: null }, { Query: null }, {}])
    expect(errorOf(await server.call('POST', '/devices/query', { body })).code).toBe(400005)
})
