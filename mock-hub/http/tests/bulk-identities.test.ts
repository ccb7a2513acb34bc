import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

const bulk = (...body: object[]): Promise<Answer> => server.call('POST', '/devices', { body })
const SUCCESS = { status: 200, json: { isSuccessful: true, errors: [], warnings: [] } }

test('WIRE-REG-10: creates devices and modules, with tags and desired properties', async () => {
  expect(
    await bulk(
      { id: 'a', importMode: 'create', tags: { site: 1 }, properties: { desired: { on: true } } },
      { id: 'b', importMode: 'Create', status: 'disabled' },
      { id: 'a', moduleId: 'm', importMode: 'create' },
    ),
  ).toMatchObject(SUCCESS)
  expect(server.hub.twins.get({ deviceId: 'a' })).toMatchObject({
    tags: { site: 1 },
    desired: { properties: { on: true } },
  })
  expect(server.hub.registry.get({ deviceId: 'b' }).status).toBe('disabled')
  expect(server.hub.registry.find({ deviceId: 'a', moduleId: 'm' })).toBeDefined()
})

test('WIRE-REG-10: every import mode, in upper and lower case', async () => {
  await bulk({ id: 'a' }, { id: 'b' }, { id: 'c' })
  const { etag } = server.hub.registry.get({ deviceId: 'b' })
  expect(
    await bulk(
      { id: 'a', importMode: 'UPDATE', status: 'disabled' },
      { id: 'b', importMode: 'updateIfMatchETag', eTag: etag, status: 'disabled' },
      { id: 'c', importMode: 'updateTwin', tags: { x: 1 } },
    ),
  ).toMatchObject(SUCCESS)
  expect(server.hub.registry.get({ deviceId: 'a' }).status).toBe('disabled')
  expect(server.hub.registry.get({ deviceId: 'b' }).status).toBe('disabled')
  const twin = server.hub.twins.get({ deviceId: 'c' })
  expect(twin.tags).toEqual({ x: 1 })
  expect(
    await bulk(
      { id: 'c', importMode: 'updateTwinIfMatchETag', twinETag: twin.etag, tags: { x: 2 } },
      { id: 'a', importMode: 'delete' },
      { id: 'b', importMode: 'deleteIfMatchETag', eTag: server.hub.registry.get({ deviceId: 'b' }).etag },
    ),
  ).toMatchObject(SUCCESS)
  expect(server.hub.twins.get({ deviceId: 'c' }).tags).toEqual({ x: 2 })
  expect(server.hub.registry.size).toBe(1)
})

test('WIRE-REG-11: failed entries are listed, with both headers; the other entries are applied', async () => {
  await bulk({ id: 'a' })
  const answer = await bulk(
    { id: 'a', importMode: 'create' },
    { id: 'b' },
    { id: 'c', importMode: 'update' },
    { id: 'd', importMode: 'explode' },
    { id: 'a', moduleId: 'm', importMode: 'deleteIfMatchETag', eTag: 'stale' },
  )
  expect(answer).toMatchObject({
    status: 400,
    headers: {
      'iothub-errorcode': 'BulkRegistryOperationFailure',
      iothuberrorcode: 'BulkRegistryOperationFailure',
    },
    json: {
      isSuccessful: false,
      errors: [
        { deviceId: 'a', errorCode: 409001, operation: 'create' },
        { deviceId: 'c', errorCode: 404001 },
        { deviceId: 'd', errorCode: 400004, errorStatus: 'Unknown importMode: explode.' },
        { deviceId: 'a', moduleId: 'm', errorCode: 404010, operation: 'deleteIfMatchETag' },
      ],
      warnings: [],
    },
  })
  expect(server.hub.registry.find({ deviceId: 'b' })).toBeDefined()
})

test('WIRE-REG-10: more than 100 entries or a repeated identity are refused and change nothing', async () => {
  const many = await bulk(...Array.from({ length: 101 }, (_, index) => ({ id: `d${String(index)}` })))
  expect(many.status).toBe(413)
  expect(errorOf(many).code).toBe(413002)
  const twice = await bulk({ id: 'a' }, { id: 'a', importMode: 'delete' })
  expect(twice.status).toBe(400)
  expect(errorOf(twice).code).toBe(400011)
  expect(server.hub.registry.size).toBe(0)
  expect(
    await bulk(...Array.from({ length: 100 }, (_, index) => ({ id: `d${String(index)}` }))),
  ).toMatchObject(SUCCESS)
})

test.each([[{}], [[{}]], [[{ id: 7 }]], [[7]]])('WIRE-REG-10: %j is not a list of devices', async (body) => {
  const refused = await server.call('POST', '/devices', { body })
  expect(refused.status).toBe(400)
  expect(errorOf(refused).message).toMatch(/Expected (body|0\.?\w*) to be /)
})

describe('WIRE-REG-21: a mode …IfMatchETag', () => {
  const modes = [
    { importMode: 'updateIfMatchETag', status: 'disabled' },
    { importMode: 'createOrUpdateIfMatchETag', status: 'disabled' },
    { importMode: 'updateTwinIfMatchETag', tags: { a: 1 } },
    { importMode: 'deleteIfMatchETag' },
  ]
  test.each(modes)('$importMode without an etag means any', async (change) => {
    await bulk({ id: 'a' })
    expect(await bulk({ id: 'a', ...change })).toMatchObject(SUCCESS)
  })
  test.each(modes)('$importMode with a stale etag is a 412', async (change) => {
    await bulk({ id: 'a' })
    const etags = { eTag: 'c3RhbGU=', twinETag: 'c3RhbGU=' }
    expect((await bulk({ id: 'a', ...etags, ...change })).json).toMatchObject({
      errors: [{ errorCode: 412001 }],
    })
  })
})

test('WIRE-REG-26: createOrUpdate, also the mode of an entry without one, creates and then updates', async () => {
  for (const importMode of ['createOrUpdate', undefined])
    for (const status of ['enabled', 'disabled'])
      expect(await bulk({ id: String(importMode), importMode, status, tags: { status } })).toMatchObject(
        SUCCESS,
      )
  expect(server.hub.registry.get({ deviceId: 'undefined' }).status).toBe('disabled')
  expect(server.hub.twins.get({ deviceId: 'createOrUpdate' }).tags).toEqual({ status: 'disabled' })
})

test('WIRE-REG-29: the modules of the IoT Edge runtime are in no bulk request', async () => {
  server.hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
  const modes = ['createOrUpdate', 'update', 'updateTwin', 'delete']
  for (const importMode of modes)
    for (const moduleId of ['$edgeAgent', '$edgeHub'])
      expect(await bulk({ id: 'edge', moduleId, importMode, tags: { a: 1 } }), importMode).toMatchObject({
        status: 400,
        json: { errors: [{ deviceId: 'edge', moduleId, errorCode: 401100, operation: importMode }] },
      })
  expect(server.hub.twins.get({ deviceId: 'edge', moduleId: '$edgeHub' }).tags).toEqual({})
})

test('WIRE-REG-24: in a request reported properties and metadata do not count', async () => {
  const section = { on: true, $metadata: { on: { $lastUpdated: '2001-01-01T00:00:00Z' } }, $version: 9 }
  const properties = { desired: section, reported: section }
  expect(await bulk({ id: 'a', importMode: 'create', properties })).toMatchObject(SUCCESS)
  expect(server.hub.twins.get({ deviceId: 'a' })).toMatchObject({
    desired: { properties: { on: true }, version: 1, metadata: { on: { $lastUpdatedVersion: 1 } } },
    reported: { properties: {}, version: 1 },
  })
})

test('WIRE-REG-24: a twin of bulk creation is as new as one of single creation', async () => {
  const desired = { user: 'userA' }
  await bulk(
    { id: 'a', importMode: 'create', tags: { site: 1 }, properties: { desired } },
    { id: 'b', importMode: 'create' },
  )
  await server.call('PUT', '/devices/c', { body: {} })
  const twinOf = async (id: string) =>
    (await server.call('GET', `/twins/${id}`)).json as Record<string, unknown>
  const [a, b, c] = [await twinOf('a'), await twinOf('b'), await twinOf('c')]
  expect({ ...b, deviceId: 'c', deviceEtag: c['deviceEtag'] }).toMatchObject({
    ...c,
    properties: b['properties'],
  })
  const stamp = { $lastUpdated: '0001-01-01T00:00:00Z', $lastUpdatedVersion: 1 }
  expect(a).toMatchObject({
    etag: 'AAAAAAAAAAE=',
    version: 2,
    tags: { site: 1 },
    properties: {
      desired: { ...desired, $version: 1, $metadata: { ...stamp, user: stamp } },
      reported: { $version: 1 },
    },
  })
  const refused = await bulk({ id: 'd', importMode: 'create', tags: { 'a.b': 1 } })
  expect(refused.json).toMatchObject({ isSuccessful: false })
  expect(server.hub.registry.find({ deviceId: 'd' })).toBeUndefined()
})
