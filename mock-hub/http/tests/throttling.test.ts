import type { FastifyContextConfig } from 'fastify'
import { createServer } from 'node:https'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { ThrottledOperation } from '../../core/contract/throttle.ts'
import { createApp } from '../app.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { openTestServer, type CallOptions, type TestServer } from '../testing/test-server.ts'

let server: TestServer
const taken: ThrottledOperation[] = []
beforeAll(async () => {
  server = await openTestServer()
  server.hub.registry.create({ deviceId: 'd1' })
  server.hub.registry.create({ deviceId: 'd1', moduleId: 'm1' })
  vi.spyOn(server.hub.throttle, 'take').mockImplementation((operation) => {
    taken.push(operation)
  })
})
beforeEach(() => {
  taken.length = 0
})
afterAll(() => server.stop())

const DEVICE: CallOptions = { as: { deviceId: 'd1' } }
const QUERY = { query: 'SELECT * FROM devices' }

test.each<[string, string, ThrottledOperation[], CallOptions?]>([
  ['GET', '/devices', ['registry']],
  ['POST', '/devices', ['registry'], { body: [] }],
  ['GET', '/devices/d1', ['registry']],
  ['GET', '/devices/d1/modules', ['registry']],
  ['GET', '/devices/d1/modules', ['registry'], DEVICE],
  ['GET', '/devices/d1/modules/m1', ['registry']],
  ['GET', '/statistics/devices', ['registry']],
  ['GET', '/twins/d1', ['twinRead']],
  ['PATCH', '/twins/d1', ['twinUpdate'], { body: {} }],
  ['PUT', '/twins/d1/modules/m1', ['twinUpdate'], { body: {} }],
  ['GET', '/digitaltwins/d1', ['twinRead']],
  ['PATCH', '/digitaltwins/d1', ['twinUpdate'], { body: [] }],
  ['POST', '/digitaltwins/d1/commands/reboot', ['method']],
  ['POST', '/twins/d1/methods', ['method'], { body: { methodName: 'reboot' } }],
  ['POST', '/devices/query', ['query'], { body: QUERY }],
  ['GET', '/configurations', ['configuration']],
  ['POST', '/configurations/testQueries', ['configuration'], { body: {} }],
  ['POST', '/devices/d1/applyConfigurationContent', ['configuration'], { body: {} }],
  ['GET', '/jobs', ['job']],
  ['GET', '/jobs/v2/query', ['job']],
  ['POST', '/devices/d1/messages/devicebound', ['c2dSend'], { body: 'x' }],
  ['POST', '/devices/d1/modules/m1/messages/devicebound', ['c2dSend'], { body: 'x' }],
  ['DELETE', '/devices/d1/commands', []],
  ['DELETE', '/devices/d1/modules/m1/commands', []],
  ['GET', '/messages/servicebound/feedback', []],
  // Operations of devices take their throttle in the operation dispatcher, once.
  ['POST', '/devices/d1/messages/events', ['telemetry'], { ...DEVICE, body: 'x' }],
  ['POST', '/devices/d1/files', ['fileUpload'], { ...DEVICE, body: { blobName: 'a' } }],
])('%s %s takes from %j', async (method, path, expected, options = {}) => {
  await server.call(method, path, options)
  expect(taken).toEqual(expected)
})

test('a refused caller takes nothing', async () => {
  expect((await server.call('GET', '/devices', { as: null })).status).toBe(401)
  expect(taken).toEqual([])
})

test.each<[string, FastifyContextConfig | undefined]>([
  ['config.access is missing', undefined],
  ['config.access is missing', { throttle: 'none' }],
  ['config.throttle is missing', { access: 'own' }],
])('the application cannot be built with a route whose %s', async (message, config) => {
  const route: HubRoutes = (app, _context, done) => {
    app.get('/forgotten', config === undefined ? {} : { config }, () => 'x')
    done()
  }
  const { hub, services } = server
  await expect(
    createApp({ hub, services, serverOf: () => createServer(), blob: undefined, routes: [route] }),
  ).rejects.toThrow(`GET /forgotten: ${message}`)
})
