import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorOf, openTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  server.hub.registry.create({ deviceId: 'a' }, { iotEdge: true })
  server.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
})
afterAll(() => server.stop())

/** Every route of back ends that reads a body, and whether the body is an array. */
const ROUTES: readonly (readonly [string, string, boolean])[] = [
  ['PUT', '/devices/a', false],
  ['PUT', '/devices/a/modules/m', false],
  ['POST', '/devices', true],
  ['POST', '/devices/keys/regenerate', false],
  ['PUT', '/twins/a', false],
  ['PATCH', '/twins/a', false],
  ['PUT', '/twins/a/modules/m', false],
  ['PATCH', '/twins/a/modules/m', false],
  ['POST', '/twins/a/methods', false],
  ['POST', '/twins/a/modules/m/methods', false],
  ['PATCH', '/digitaltwins/a', true],
  ['POST', '/devices/query', false],
  ['PUT', '/configurations/c', false],
  ['POST', '/configurations/testQueries', false],
  ['POST', '/devices/a/applyConfigurationContent', false],
  ['PUT', '/jobs/v2/j', false],
  ['POST', '/jobs/create', false],
]

const cases = ROUTES.flatMap(([method, path, isArray]) =>
  [
    ['no body', undefined, 400005],
    ['null', 'null', 400005],
    ['no JSON', '{', 400006],
    ['bytes that are not text', Buffer.from([0x22, 0xff, 0x22]), 400006],
    ['text', '"text"', 400000],
    ['a number', '7', 400000],
    ['the other kind', isArray ? '{}' : '[]', 400000],
    ['too deep', `${isArray ? '' : '{"tags":'}${'['.repeat(50_000)}`, 400004],
  ].map(([what, body, code]) => [method, path, what, body, code] as const),
)

test.each(cases)('WIRE-ERR-09: %s %s with %s', async (method, path, _, body, code) => {
  const headers = { 'content-type': 'application/json' }
  const answer = await server.call(method, path, {
    ...(body === undefined ? {} : { body }),
    headers,
    apiVersion: '2024-03-31',
  })
  expect([answer.status, errorOf(answer).code]).toEqual([400, code])
})
