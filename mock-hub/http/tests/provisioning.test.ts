import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { createServer, type Server } from 'node:https'
import { createServices } from '../../core/services/create-services.ts'
import { signed } from '../../core/testing/test-hub.ts'
import { createApp } from '../app.ts'
import { deviceKeyOf } from '../../provisioning/attestation/group-key.ts'
import {
  group,
  connectHub,
  individual,
  KEY,
  openProvisioning,
  OTHER_KEY,
  SCOPE,
  token,
  type TestProvisioning,
} from '../../provisioning/testing/test-provisioning.ts'
import { createProvisioning } from '../../provisioning/create-provisioning.ts'
import { blobAccess, documentRenderer } from '../service/document-renderer.ts'

let dps1: TestProvisioning
let app: FastifyInstance<Server>
const READER = { name: 'reader', rights: ['EnrollmentRead'], primaryKey: KEY, secondaryKey: KEY } as const
const OWNER = {
  name: 'provisioningserviceowner',
  rights: [
    'ServiceConfig',
    'EnrollmentRead',
    'EnrollmentWrite',
    'RegistrationStatusRead',
    'RegistrationStatusWrite',
  ],
  primaryKey: OTHER_KEY,
  secondaryKey: KEY,
} as const

beforeEach(async () => {
  dps1 = openProvisioning()
  const { hub } = dps1
  const dps = createProvisioning({
    hub,
    policies: [OWNER, READER],
    callWebhook: () => Promise.reject(new Error('no webhook')),
    connectHub,
  })
  dps1 = { ...dps1, dps }
  const services = createServices(hub, documentRenderer(hub), blobAccess(undefined))
  const server = createServer()
  app = await createApp({ hub, services, serverOf: () => server, blob: undefined, provisioning: dps })
  dps.individual.put('d1', individual('d1'))
})
afterEach(async () => {
  await app.close()
  dps1.hub.stop()
})

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH'
const call = (
  method: Method,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<LightMyRequestResponse> =>
  app.inject({
    method,
    url: url.includes('api-version') ? url : `${url}?api-version=2021-10-01`,
    headers,
    ...(body === undefined ? {} : { payload: body }),
  })
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const device = (id = 'd1', key = KEY): Record<string, string> => ({
  ...JSON_TYPE,
  authorization: token(dps1, id, key),
})
const register = (
  id = 'd1',
  headers = device(id),
  body = `{"registrationId":"${id}"}`,
): Promise<LightMyRequestResponse> => call('PUT', `/${SCOPE}/registrations/${id}/register`, headers, body)
const service = (
  policy: { readonly name: string; readonly primaryKey: string } = OWNER,
): Record<string, string> => ({
  ...JSON_TYPE,
  authorization: signed(
    'localhost',
    policy.primaryKey,
    Math.floor(dps1.clock.now() / 1000) + 3600,
    policy.name,
  ),
})
const ended = (): Promise<unknown> =>
  dps1.hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
const operationIn = (answer: LightMyRequestResponse): string =>
  answer.json<{ operationId: string }>().operationId

describe('devices', () => {
  test('DPS-HTTP-01 DPS-HTTP-02 DPS-HTTP-03: register answers 202 with Location, Retry-After and x-ms-request-id, always', async () => {
    for (let n = 0; n < 2; n++) {
      const answer = await register()
      expect(answer.statusCode).toBe(202)
      expect(answer.json()).toEqual({ operationId: expect.any(String) as string, status: 'assigning' })
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'retry-after': '3',
        location: expect.stringContaining(`/${SCOPE}/registrations/d1/register`) as string,
        'x-ms-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      })
      await ended()
    }
  })

  test('DPS-HTTP-05 DPS-HTTP-06 DPS-HTTP-07: poll with a body or none, and lookup without a wrapper', async () => {
    dps1.hub.faults.arm({ name: 'dps.register.assigning' })
    const path = `/${SCOPE}/registrations/d1/operations/${operationIn(await register())}`
    await ended()
    const first = await call('GET', path, device(), '{}')
    expect([first.statusCode, first.headers['retry-after']]).toEqual([202, '3'])
    const second = await call('GET', path, { ...device(), 'content-length': '0' })
    expect([second.statusCode, second.headers['retry-after']]).toEqual([200, undefined])
    expect(second.json()).toMatchObject({ status: 'assigned', registrationState: { deviceId: 'd1' } })
    const lookup = await call('POST', `/${SCOPE}/registrations/d1`, device(), '{"registrationId":"d1"}')
    expect([lookup.statusCode, lookup.json()]).toMatchObject([
      200,
      { registrationId: 'd1', status: 'assigned', assignedHub: 'localhost' },
    ])
  })

  test('DPS-HTTP-04: Content-Encoding utf-8, forceRegistration and other headers are tolerated', async () => {
    const answer = await call(
      'PUT',
      `/${SCOPE}/registrations/d1/register?api-version=2019-03-31&forceRegistration=true`,
      {
        ...device(),
        'content-encoding': 'utf-8',
        useragent: 'prov_device_client/1.0',
        connection: 'keep-alive',
      },
      '{"registrationId":"d1"}',
    )
    expect(answer.statusCode).toBe(202)
  })

  test('DPS-HTTP-08: percent-encoded ids are decoded', async () => {
    dps1.dps.individual.put('a:b.c', individual('a:b.c'))
    const answer = await call(
      'PUT',
      `/${SCOPE}/registrations/a%3Ab%2Ec/register`,
      device('a:b.c'),
      '{"registrationId":"a:b.c"}',
    )
    expect(answer.statusCode).toBe(202)
  })

  test.each([
    ['DPS-AUTH-17', 401, 401000, () => register('d1', JSON_TYPE)],
    ['DPS-AUTH-01', 401, 401002, () => register('d1', device('d1', Buffer.alloc(32, 7).toString('base64')))],
    ['DPS-ERR-04', 404, 404000, () => call('PUT', '/0neX/registrations/d1/register', device(), '{}')],
    ['DPS-REG-11', 400, 400000, () => register('d1', device(), '{"registrationId":"d2"}')],
    ['DPS-REG-12', 400, 400000, () => register('d1', device(), '')],
    ['DPS-HTTP-10', 501, 501000, () => register('d1', JSON_TYPE, '{"tpm":{"endorsementKey":"AA=="}}')],
    ['DPS-HTTP-01', 415, 415000, () => register('d1', { ...device(), 'content-type': 'text/plain' }, '{}')],
    ['DPS-HTTP-01', 405, 405000, () => call('DELETE', `/${SCOPE}/registrations/d1/register`, device())],
    [
      'DPS-HTTP-01',
      400,
      400000,
      () => call('PUT', `/${SCOPE}/registrations/d1/register?api-version=`, device(), '{}'),
    ],
    ['DPS-POLL-10', 404, 404000, () => call('GET', `/${SCOPE}/registrations/d1/operations/x`, device())],
    ['DPS-STATE-01', 404, 404201, () => call('POST', `/${SCOPE}/registrations/d1`, device(), '{}')],
  ] as const)(
    '%s: refused with %i and code %i (DPS-ERR-01 DPS-ERR-05 DPS-HTTP-09)',
    async (rule, status, code, send) => {
      const answer = await send()
      expect(answer.statusCode).toBe(status)
      const body = answer.json<{ trackingId: string }>()
      expect(body).toEqual({
        errorCode: code,
        trackingId: expect.any(String) as string,
        message: expect.any(String) as string,
        timestampUtc: '2026-01-01T00:00:00.0000000Z',
      })
      expect(answer.headers).toMatchObject({
        'x-ms-error-code': String(code),
        'x-ms-request-id': body.trackingId,
      })
      expect(dps1.hub.lastRefusals[0]?.explanation.rule).toBe(rule)
    },
  )

  test('DPS-ERR-03: an injected 429 has Retry-After; withheld answers stay away', async () => {
    dps1.hub.faults.arm({ name: 'dps.register.status', parameters: { status: 429, retryAfter: 9 } })
    const answer = await register()
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '9'])
  })
})

describe('back ends', () => {
  const put = (id: string, body: object, headers = {}): Promise<LightMyRequestResponse> =>
    call('PUT', `/enrollments/${id}`, { ...service(), ...headers }, JSON.stringify(body))

  test('DPS-ENR-01 DPS-ENR-03 DPS-ENR-05 DPS-ENR-06 DPS-ENR-07: an individual enrollment from its creation to its end', async () => {
    const created = await put('e1', { registrationId: 'e1', attestation: { type: 'symmetricKey' } })
    expect([created.statusCode, created.json()]).toMatchObject([
      200,
      { registrationId: 'e1', attestation: { symmetricKey: {} } },
    ])
    expect((await put('e1', individual('e1'))).statusCode).toBe(409)
    const { etag } = created.json<{ etag: string }>()
    expect((await put('e1', individual('e1'), { 'if-match': etag })).statusCode).toBe(200)
    expect((await put('e1', individual('e1'), { 'if-match': etag })).statusCode).toBe(412)
    const read = await call('GET', '/enrollments/e1', service())
    expect(read.json()).toMatchObject({ attestation: { type: 'symmetricKey' } })
    expect(read.body).not.toContain('primaryKey')
    const keys = await call('POST', '/enrollments/e1/attestationmechanism', service())
    expect(keys.json()).toMatchObject({ type: 'symmetricKey', symmetricKey: { primaryKey: KEY } })
    expect((await call('DELETE', '/enrollments/e1', { ...service(), 'if-match': '*' })).statusCode).toBe(204)
    const gone = await call('GET', '/enrollments/e1', service())
    expect([gone.statusCode, gone.json()]).toMatchObject([404, { errorCode: 404201 }])
  })

  test('DPS-ENR-11: groups, whatever the case of the path, with a slash at its end or not', async () => {
    const body = JSON.stringify(group('g'))
    expect((await call('PUT', '/enrollmentGroups/g', service(), body)).statusCode).toBe(200)
    expect((await call('GET', '/enrollmentgroups/g', service())).statusCode).toBe(200)
    const keys = await call('POST', '/enrollmentgroups/g/attestationmechanism', service())
    expect(keys.json()).toMatchObject({ symmetricKey: { primaryKey: KEY } })
    const bulk = JSON.stringify({ mode: 'create', enrollments: [individual('b1')] })
    expect((await call('POST', '/enrollments/?api-version=2018-04-01', service(), bulk)).json()).toEqual({
      isSuccessful: true,
      errors: [],
    })
    expect((await call('DELETE', '/enrollmentGroups/g', service())).statusCode).toBe(204)
  })

  test('DPS-ENR-14: the names of paging headers are in lower case; the last page has no continuation', async () => {
    dps1.dps.individual.put('d2', individual('d2'))
    const page = (more: Record<string, string>): Promise<LightMyRequestResponse> =>
      call('POST', '/enrollments/query', { ...service(), ...more }, '{"query":"SELECT *"}')
    const first = await page({ 'x-ms-max-item-count': '1' })
    const names = first.raw.res.getHeaderNames()
    expect(names).toEqual(
      expect.arrayContaining(['x-ms-continuation', 'x-ms-item-type', 'x-ms-max-item-count']),
    )
    expect([first.json(), first.headers['x-ms-item-type']]).toMatchObject([
      [{ registrationId: 'd1' }],
      'enrollment',
    ])
    const second = await page({ 'x-ms-continuation': String(first.headers['x-ms-continuation']) })
    expect(second.json()).toMatchObject([{ registrationId: 'd2' }])
    for (const name of ['x-ms-continuation', 'x-ms-max-item-count'])
      expect(second.headers[name]).toBeUndefined()
    expect((await page({ 'x-ms-continuation': 'x' })).statusCode).toBe(400)
    expect((await page({ 'x-ms-max-item-count': 'many' })).statusCode).toBe(400)
  })

  test('DPS-STATE-01 DPS-STATE-02 DPS-STATE-03: registrations are read, deleted and listed by group', async () => {
    dps1.dps.groups.put('g', group('g'))
    await register('of-g', device('of-g', deviceKeyOf(KEY, 'of-g')))
    await ended()
    const state = await call('GET', '/registrations/of-g', service())
    expect([state.statusCode, state.json()]).toMatchObject([200, { status: 'assigned', deviceId: 'of-g' }])
    for (const body of [undefined, '{"query":"*"}']) {
      const page = await call('POST', '/registrations/g/query', service(), body)
      expect([page.json(), page.headers['x-ms-item-type']]).toMatchObject([
        [{ registrationId: 'of-g' }],
        'deviceRegistration',
      ])
    }
    expect((await call('DELETE', '/registrations/of-g', service())).statusCode).toBe(204)
    expect((await call('GET', '/registrations/of-g', service())).statusCode).toBe(404)
    expect(dps1.hub.registry.find({ deviceId: 'of-g' })).toBeDefined()
  })

  test('DPS-ENR-15: the policy of the token decides', async () => {
    expect((await call('GET', '/enrollments/d1', service(READER))).statusCode).toBe(200)
    const denied = await call('DELETE', '/enrollments/d1', service(READER))
    expect([denied.statusCode, denied.json()]).toMatchObject([401, { errorCode: 401002 }])
    const se = Math.floor(dps1.clock.now() / 1000) + 3600
    for (const authorization of [
      '',
      'Bearer eyJ.x.y',
      'SharedAccessSignature sr=x',
      signed('localhost', KEY, se, 'nobody'),
      signed('elsewhere.example', OTHER_KEY, se, OWNER.name),
      signed('localhost', OTHER_KEY, se - 7200, OWNER.name),
      signed('localhost', Buffer.alloc(64, 5).toString('base64'), se, OWNER.name),
      token(dps1, 'd1'),
      // Not strict base64: no padding, and text after it.
      service()['authorization']?.replace(/(%3D)+(?=&se)/, ''),
      service()['authorization']?.replace(/(?=&se)/, 'x'),
    ])
      expect((await call('GET', '/enrollments/d1', { authorization: authorization ?? '' })).statusCode).toBe(
        401,
      )
  })

  test('DPS-ENR-10: bodies that are none, and paths without the method', async () => {
    for (const body of ['', '{', '[]', 'null'])
      expect((await call('PUT', '/enrollments/e1', service(), body)).statusCode).toBe(400)
    const plain = { ...service(), 'content-type': 'text/plain' }
    expect((await call('PUT', '/enrollments/e1', plain, '{}')).statusCode).toBe(415)
    for (const path of ['/enrollments/d1', '/registrations/d1', '/enrollmentGroups'])
      expect((await call('PATCH', path, service())).statusCode).toBe(405)
    expect((await call('GET', '/enrollments/d1?api-version=new', service())).statusCode).toBe(400)
  })

  test('the hub beside it is as it was', async () => {
    expect((await call('GET', '/devices/d1?api-version=2021-04-12')).headers['iothub-errorcode']).toBe(
      'IotHubUnauthorizedAccess',
    )
  })
})
