import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
const scopeOf = (deviceId: string): string => server.hub.registry.get({ deviceId }).deviceScope ?? ''
/** top > lower > leaf, with modules, beside a gateway and a leaf of others. */
beforeEach(async () => {
  server = await openTestServer()
  const { registry } = server.hub
  registry.create({ deviceId: 'top' }, { iotEdge: true })
  registry.create({ deviceId: 'lower' }, { iotEdge: true, parentScopes: [scopeOf('top')] })
  registry.create({ deviceId: 'leaf' }, { deviceScope: scopeOf('lower') })
  registry.create({ deviceId: 'near' }, { deviceScope: scopeOf('top') })
  registry.create({ deviceId: 'other' }, { iotEdge: true })
  registry.create({ deviceId: 'stranger' }, { deviceScope: scopeOf('other') })
  // The identity service of a gateway gives $edgeHub its keys.
  for (const deviceId of ['top', 'other'])
    registry.update({ deviceId, moduleId: '$edgeHub' }, { authentication: { type: 'sas' } }, '*')
  for (const deviceId of ['top', 'lower', 'leaf', 'near']) registry.create({ deviceId, moduleId: 'm' })
})
afterEach(() => server.stop())

const NESTED = '2020-06-30-preview'
const ask = (
  name: string,
  body: object,
  method = 'POST',
  actor = 'top',
  module = '$edgeHub',
): Promise<Answer> =>
  server.call(method, `/devices/${actor}/modules/${module}/${name}`, {
    as: { deviceId: actor, moduleId: module },
    body,
    apiVersion: NESTED,
  })
const read = (name: string, query = ''): Promise<Answer> =>
  server.call('GET', `/devices/top/modules/$edgeHub/${name}${query}`, {
    as: { deviceId: 'top', moduleId: '$edgeHub' },
    apiVersion: '2018-08-30-preview',
  })
interface Scope {
  devices: { deviceId: string; deviceScope?: string; parentScopes?: string[] }[]
  modules: { deviceId: string; moduleId: string; managedBy: string }[]
  continuationLink: string | null
}
const ids = ({ json }: Answer): [string[], string[], string | null] => {
  const { devices, modules, continuationLink } = json as Scope
  return [
    devices.map(({ deviceId }) => deviceId),
    modules.map(({ deviceId, moduleId }) => `${deviceId}/${moduleId}`),
    continuationLink,
  ]
}

describe('the scope of a gateway', () => {
  const TOP = ['top/$edgeAgent', 'top/$edgeHub', 'top/m', 'near/m']

  test('WIRE-EDGE-08: itself, its children, and the modules of all but child gateways', async () => {
    expect(
      ids(await ask('devicesAndModulesInTargetDeviceScope', { pageSize: 100, authChain: 'top' })),
    ).toEqual([['top', 'lower', 'near'], TOP, null])
    const lower = await ask('devicesAndModulesInTargetDeviceScope', { authChain: 'lower;top' })
    expect(ids(lower)).toEqual([
      ['lower', 'leaf'],
      ['lower/$edgeAgent', 'lower/$edgeHub', 'lower/m', 'leaf/m'],
      null,
    ])
    const [{ parentScopes, deviceScope }] = (lower.json as Scope).devices as [Scope['devices'][0]]
    expect([deviceScope, parentScopes]).toEqual([scopeOf('lower'), [scopeOf('top')]])
  })

  test('WIRE-EDGE-08: page by page', async () => {
    const first = await ask('devicesAndModulesInTargetDeviceScope', { pageSize: 2, authChain: 'top' })
    const [devices, modules, continuationLink] = ids(first)
    expect([devices, modules]).toEqual([['top', 'lower'], TOP.slice(0, 3)])
    const body = { pageSize: 2, authChain: 'top', continuationLink }
    expect(ids(await ask('devicesAndModulesInTargetDeviceScope', body))).toEqual([['near'], ['near/m'], null])
    for (const [bad, status] of [
      [{ pageSize: 0 }, 400],
      [{ pageSize: 1_001 }, 400],
      [{ continuationLink: 'x' }, 400],
    ] as const) {
      const refused = await ask('devicesAndModulesInTargetDeviceScope', { authChain: 'top', ...bad })
      expect(refused.status).toBe(status)
    }
  })

  test('WIRE-EDGE-08: with GET the continuation is a link', async () => {
    const first = await read('devicesAndModulesInDeviceScope', '?deviceCount=2&continuationToken=')
    const [devices, , link] = ids(first)
    expect(devices).toEqual(['top', 'lower'])
    const as = { deviceId: 'top', moduleId: '$edgeHub' }
    expect(ids(await server.call('GET', link ?? '', { as, apiVersion: null }))).toEqual([
      ['near'],
      ['near/m'],
      null,
    ])
    expect(ids(await read('devicesAndModulesInDeviceScope'))[0]).toEqual(['top', 'lower', 'near'])
  })
})

describe('one identity', () => {
  test.each([
    [{ targetDeviceId: 'leaf', authChain: 'lower;top' }, [['leaf'], [], null]],
    [{ targetDeviceId: 'leaf', authChain: 'leaf;lower;top' }, [['leaf'], [], null]],
    [{ targetDeviceId: 'leaf', authChain: 'top' }, [['leaf'], [], null]],
    [{ targetDeviceId: 'leaf', targetModuleId: 'm', authChain: 'lower;top' }, [['leaf'], ['leaf/m'], null]],
    [{ targetDeviceId: 'top', targetModuleId: null, authChain: 'top' }, [['top'], [], null]],
  ])('WIRE-EDGE-09: %j', async (body, expected) => {
    expect(ids(await ask('getDeviceAndModuleOnBehalfOf', body))).toEqual(expected)
  })

  test('WIRE-EDGE-09: with GET', async () => {
    const leaf = await read('deviceAndModuleInDeviceScope', '?targetDeviceId=near&targetModuleId=')
    expect(ids(leaf)).toEqual([['near'], [], null])
    const module = await read('deviceAndModuleInDeviceScope', '?targetDeviceId=near&targetModuleId=m')
    expect(ids(module)).toEqual([['near'], ['near/m'], null])
    expect((await read('deviceAndModuleInDeviceScope', '?targetDeviceId=stranger')).status).toBe(401)
    expect((await read('deviceAndModuleInDeviceScope', '?targetDeviceId=nobody')).status).toBe(404)
  })

  test.each([
    [{ targetDeviceId: 'stranger', authChain: 'top' }, 401, 'IotHubUnauthorizedAccess'],
    [{ targetDeviceId: 'near', authChain: 'lower;top' }, 401, 'IotHubUnauthorizedAccess'],
    [{ targetDeviceId: 'nobody', authChain: 'top' }, 404, 'DeviceNotFound'],
    [{ targetDeviceId: 'leaf', targetModuleId: 'x', authChain: 'top' }, 404, 'ModuleNotFound'],
    [{ targetDeviceId: 'leaf' }, 400, 'ArgumentNull'],
    [{ authChain: 'top' }, 400, 'ArgumentNull'],
    [{ targetDeviceId: 'leaf', authChain: ';' }, 400, 'ArgumentInvalid'],
    [{ targetDeviceId: 'leaf', authChain: 'leaf/m;leaf;lower;top' }, 400, 'ArgumentInvalid'],
  ])('WIRE-EDGE-09: %j is %i %s', async (body, status, kind) => {
    const refused = await ask('getDeviceAndModuleOnBehalfOf', body)
    expect([refused.status, refused.headers['iothub-errorcode']]).toEqual([status, kind])
  })
})

describe('who may ask', () => {
  test.each([
    'leaf;top',
    'other',
    'other;top',
    'top;lower',
    'nobody;top',
    'LOWER;top',
    'lower',
    'lower;other',
  ])('WIRE-EDGE-10: the chain %s is refused', async (authChain) => {
    const refused = await ask('devicesAndModulesInTargetDeviceScope', { authChain })
    expect(refused.status).toBe(401)
    expect(refused.json).toMatchObject({ Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized' })
  })

  test('WIRE-EDGE-10: a gateway that is disabled ends the chain', async () => {
    server.hub.registry.update({ deviceId: 'lower' }, { status: 'disabled' }, '*')
    const refused = await ask('getDeviceAndModuleOnBehalfOf', {
      targetDeviceId: 'leaf',
      authChain: 'leaf;lower;top',
    })
    expect(refused.status).toBe(401)
  })

  test('WIRE-EDGE-09: no other module, no other device', async () => {
    const asModule = await ask(
      'devicesAndModulesInTargetDeviceScope',
      { authChain: 'top' },
      'POST',
      'top',
      'm',
    )
    expect(asModule.status).toBe(401)
    const path = '/devices/top/modules/$edgeHub/devicesAndModulesInTargetDeviceScope'
    const as = { deviceId: 'other', moduleId: '$edgeHub' }
    expect((await server.call('POST', path, { as, body: { authChain: 'top' } })).status).toBe(401)
  })
})

describe('the modules of a child', () => {
  const authChain = 'lower;top'

  test('WIRE-EDGE-12: created, read, updated, listed, deleted', async () => {
    const module = { moduleId: 'new', managedBy: 'IotEdge' }
    expect(await ask('putModuleOnBehalfOf', { authChain, module }, 'PUT')).toMatchObject({
      status: 200,
      json: { deviceId: 'lower', moduleId: 'new', managedBy: 'IotEdge' },
    })
    expect((await ask('putModuleOnBehalfOf', { authChain, module }, 'PUT')).status).toBe(409)
    const updated = await server.call('PUT', '/devices/top/modules/$edgeHub/putModuleOnBehalfOf', {
      as: { deviceId: 'top', moduleId: '$edgeHub' },
      body: { authChain, module: { ...module, deviceId: 'lower', authentication: { type: 'none' } } },
      headers: { 'if-match': '*' },
      apiVersion: NESTED,
    })
    expect(updated).toMatchObject({ status: 200, json: { authentication: { type: 'none' } } })
    const got = await ask('getModuleOnBehalfOf', { authChain, targetModuleId: 'new' })
    expect(got).toMatchObject({ status: 200, json: { deviceId: 'lower', moduleId: 'new' } })
    const listed = await ask('getModulesOnTargetDevice', { authChain })
    expect((listed.json as Scope['modules']).map(({ moduleId }) => moduleId)).toEqual([
      ...['$edgeAgent', '$edgeHub', 'm', 'new'],
    ])
    expect((await ask('deleteModuleOnBehalfOf', { authChain, moduleId: 'new' })).status).toBe(204)
    expect((await ask('getModuleOnBehalfOf', { authChain, targetModuleId: 'new' })).status).toBe(404)
  })

  test('WIRE-EDGE-12: of no device beside the scope, and none under another name', async () => {
    for (const [name, body, method] of [
      ['putModuleOnBehalfOf', { module: { moduleId: 'new' } }, 'PUT'],
      ['getModuleOnBehalfOf', { targetModuleId: '$edgeHub' }, 'POST'],
      ['getModulesOnTargetDevice', {}, 'POST'],
      ['deleteModuleOnBehalfOf', { moduleId: '$edgeHub' }, 'POST'],
    ] as const)
      expect((await ask(name, { ...body, authChain: 'other;top' }, method)).status).toBe(401)
    const module = { deviceId: 'top', moduleId: 'new' }
    expect((await ask('putModuleOnBehalfOf', { authChain, module }, 'PUT')).status).toBe(400)
    expect((await ask('putModuleOnBehalfOf', { authChain }, 'PUT')).status).toBe(400)
  })
})
