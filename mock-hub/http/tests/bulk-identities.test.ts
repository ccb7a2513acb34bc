import { afterEach, beforeEach, expect, test } from 'vitest'
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
    { id: 'a' },
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
        { deviceId: 'a', errorCode: 409001 },
        { deviceId: 'c', errorCode: 404001 },
        { deviceId: 'd', errorCode: 400004, errorStatus: 'Unknown importMode: explode.' },
        { deviceId: 'a', moduleId: 'm', errorCode: 404010 },
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
  expect(errorOf(refused).message).toMatch(/^Expected (body|0\.?\w*) to be /)
})
