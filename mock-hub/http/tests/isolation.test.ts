import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Identity } from '../../core/contract/identity.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'
import { identityToken } from '../testing/tokens.ts'

const victim = { deviceId: 'dev' }
const module = { deviceId: 'dev', moduleId: 'mod' }
/** Identities that a careless comparison or a careless path takes for the victim. */
const OTHERS: readonly Identity[] = [
  { deviceId: 'de' },
  { deviceId: 'dev1' },
  { deviceId: 'DEV' },
  { deviceId: 'de%76' },
  { deviceId: '..' },
  { deviceId: '*' },
  { deviceId: ':deviceId' },
  { deviceId: 'dev1', moduleId: 'mod' },
]

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  const { registry } = server.hub
  for (const deviceId of ['dev', ...new Set(OTHERS.map((one) => one.deviceId))]) registry.create({ deviceId })
  registry.create(module)
  registry.create({ deviceId: 'dev1', moduleId: 'mod' })
  server.hub.c2d.send(victim, { body: Buffer.from('secret'), properties: {}, system: {} })
})
afterAll(() => server.stop())

const belongings = (): unknown =>
  [victim, module].map((identity) => [
    server.hub.registry.get(identity),
    server.hub.twins.get(identity),
    server.hub.c2d.waiting(identity),
  ])

const OWN = '/devices/dev'
const REQUESTS: readonly [method: string, path: string, body?: object | string][] = [
  ['POST', `${OWN}/messages/events`, 'x'],
  ['POST', '/devices/dev//messages/events', 'x'],
  ['POST', '/devices/de%76/messages/events', 'x'],
  ['POST', '/devices/x/../dev/messages/events', 'x'],
  ['POST', '/DEVICES/dev/messages/events', 'x'],
  ['POST', `${OWN}/modules/mod/messages/events`, 'x'],
  ['GET', `${OWN}/messages/devicebound`],
  ['DELETE', `${OWN}/messages/devicebound/token`],
  ['POST', `${OWN}/messages/devicebound/token/abandon`],
  ['POST', `${OWN}/files`, { blobName: 'x' }],
  ['POST', `${OWN}/files/notifications`, { correlationId: 'x', isSuccess: true }],
  ['GET', `${OWN}/modules`],
  ['GET', `${OWN}/modules/mod`],
  ['PUT', `${OWN}/modules/new`, {}],
  ['DELETE', `${OWN}/modules/mod`],
  ['GET', OWN],
  ['DELETE', OWN],
  ['GET', '/twins/dev'],
  ['PATCH', '/twins/dev', { tags: { stolen: 1 } }],
  ['POST', '/twins/dev/methods', { methodName: 'x' }],
]

test.each(OTHERS)('WIRE-AUTH-08: %o can neither read nor write another device over HTTPS', async (other) => {
  const before = belongings()
  const header = `${other.deviceId}/${other.moduleId ?? 'mod'}`
  for (const [method, path, body] of REQUESTS)
    for (const headers of [{}, { 'x-ms-edge-moduleId': header }, { 'x-ms-edge-moduleId': 'dev/mod' }]) {
      const { status } = await server.call(method, path, {
        as: identityToken(server.hub, other),
        headers,
        ...(body === undefined ? {} : { body }),
      })
      expect([method, path, [400, 401, 404].includes(status) ? 'refused' : status]).toEqual([
        method,
        path,
        'refused',
      ])
    }
  expect(belongings()).toEqual(before)
  expect(server.hub.telemetry.messages).toEqual([])
})

test('WIRE-MOD-06: a module cannot call another device through the gateway', async () => {
  const caller = { deviceId: 'dev1', moduleId: 'mod' }
  for (const path of ['/twins/dev/methods', '/twins/dev/modules/mod/methods']) {
    const answer = await server.call('POST', path, {
      as: caller,
      headers: { 'x-ms-edge-moduleId': 'dev1/mod' },
      body: { methodName: 'x' },
    })
    expect(answer).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'DeviceNotFound' } })
  }
})

test('the device itself has access', async () => {
  expect(await server.call('GET', `${OWN}/messages/devicebound`, { as: victim })).toMatchObject({
    status: 200,
    text: 'secret',
  })
  expect((await server.call('POST', `${OWN}/messages/events`, { as: victim, body: 'x' })).status).toBe(204)
})

test('JSON that nests too deep is refused on input and does not break output', async () => {
  const deep = '['.repeat(5_000) + ']'.repeat(5_000)
  const body = `{"methodName":"x","payload":${deep}}`
  const answer = await server.call('POST', '/twins/dev/methods', { body })
  expect(answer).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'ArgumentInvalid' } })
  const sent = await server.call('POST', `${OWN}/messages/events`, { as: victim, body: deep })
  expect(sent.status).toBe(204)
})
