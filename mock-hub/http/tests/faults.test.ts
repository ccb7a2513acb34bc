import { request } from 'node:https'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultDefinition } from '../../core/contract/faults.ts'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'
import { identityToken } from '../testing/tokens.ts'

const as = { deviceId: 'd' }
let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  for (const deviceId of ['d', 'e']) server.hub.registry.create({ deviceId })
})
afterEach(() => server.stop())

const arm = (name: string, parameters: FaultDefinition['parameters'] = {}, identity?: string): void => {
  server.hub.faults.arm({ name, parameters, ...(identity === undefined ? {} : { scope: { identity } }) })
}
const expectFired = (times = 1): void => {
  expect(server.hub.faults.list().map(({ fired }) => fired)).toEqual([times])
}
const upload = (): Promise<Answer> => server.call('POST', '/devices/d/files', { as, body: { blobName: 'x' } })

describe('device HTTPS', () => {
  test('http.status: the answer of the service with that status, once', async () => {
    arm('http.status', { status: 503 })
    const answer = await upload()
    expect(answer.status).toBe(503)
    expect(errorOf(answer).code).toBe(503000)
    expect((await upload()).status).toBe(200)
    expectFired()
  })

  test('http.body: 200 with an invalid body', async () => {
    arm('http.body', { body: '<html>' })
    expect(await upload()).toMatchObject({ status: 200, text: '<html>' })
    expectFired()
  })

  test('http.delay: on the hub clock', async () => {
    arm('http.delay', { seconds: 30 })
    const answer = upload()
    await server.hub.journal.until((entry) => entry.type === 'fault' && entry.phase === 'fired')
    expect(server.hub.journal.entries.some(({ type }) => type === 'request')).toBe(false)
    server.clock.advance(30_000)
    expect((await answer).status).toBe(200)
  })

  test.each(['http.close', 'http.refuse'])('%s: the connection ends without an answer', async (name) => {
    const { port } = await server.http.listen({ host: '127.0.0.1', port: 0 })
    arm(name)
    const ask = (): Promise<number | string> =>
      new Promise((resolve) => {
        request(
          {
            host: '127.0.0.1',
            port,
            servername: 'localhost',
            ca: server.ca,
            path: '/devices/d/messages/devicebound?api-version=2021-04-12',
            headers: { authorization: identityToken(server.hub, as) },
            agent: false,
          },
          (answer) => resolve(answer.resume().statusCode ?? 0),
        )
          .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
          .end()
      })
    expect(await ask()).toBe('ECONNRESET')
    expect(await ask()).toBe(204)
    expectFired()
  })

  test('fires only for the identity in its scope, and never for the service', async () => {
    arm('http.status', { status: 500 }, 'd')
    expect(
      (await server.call('GET', '/devices/e/messages/devicebound', { as: { deviceId: 'e' } })).status,
    ).toBe(204)
    expect((await server.call('GET', '/devices')).status).toBe(200)
    expectFired(0)
    expect((await upload()).status).toBe(500)
    expectFired()
  })
})

test('fires for a method call of a module, with the gateway’s error body', async () => {
  const caller = { deviceId: 'd', moduleId: 'm' }
  server.hub.registry.create(caller)
  arm('http.status', { status: 500 })
  const headers = { 'x-ms-edge-moduleId': 'd/m' }
  const answer = await server.call('POST', '/twins/d/methods', {
    as: caller,
    body: { methodName: 'x' },
    headers,
  })
  expect(answer).toMatchObject({ status: 500, json: { message: expect.any(String) as unknown } })
})
