import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Permission } from '../../core/contract/principal.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { IDENTITY, POLICY } from '../openapi.ts'
import { errorOf, openTestServer, type TestServer } from '../testing/test-server.ts'
import { identityToken, policyToken, signToken } from '../testing/tokens.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  populate()
})
afterAll(() => server.stop())

/** Some of the routes delete what they are called with. */
function populate(): void {
  const { registry } = server.hub
  for (const deviceId of ['d', 'e']) {
    if (registry.find({ deviceId }) === undefined) registry.create({ deviceId }, { iotEdge: true })
    if (registry.find({ deviceId, moduleId: 'm' }) === undefined) registry.create({ deviceId, moduleId: 'm' })
    registry.update({ deviceId, moduleId: '$edgeHub' }, { authentication: { type: 'sas' } }, '*')
  }
}

interface Route {
  readonly method: string
  readonly path: string
  readonly rights: readonly Permission[] | undefined
  readonly forIdentity: boolean
}

/** Every route of the server, with who may call it, from its own description. */
async function routes(): Promise<readonly Route[]> {
  const { paths } = (await server.http.openApi()) as {
    paths: Record<string, Record<string, { security: Record<string, Permission[]>[]; tags: string[] }>>
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, tags }]) => ({
      method: method.toUpperCase(),
      path: path
        .replace('{deviceId}', 'd')
        // Only $edgeHub may call the routes of gateways.
        .replace('{moduleId}', tags.includes('edge') ? '$$edgeHub' : 'm')
        .replace(/\{[^}]*\}/g, 'x')
        // The stream would not end: a query that is refused lets nobody further than the door.
        .replace(/^\/events$/, '/events?after=never'),
      rights: security.find((one) => POLICY in one)?.[POLICY],
      forIdentity: security.some((one) => IDENTITY in one),
    })),
  )
}

const DEFAULTS: Readonly<Record<string, readonly Permission[]>> = {
  iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
  service: ['ServiceConnect'],
  device: ['DeviceConnect'],
  registryRead: ['RegistryRead'],
  registryReadWrite: ['RegistryRead', 'RegistryWrite'],
}

describe('rights', () => {
  test.each(Object.entries(DEFAULTS))(
    'WIRE-AUTH-20: policy %s opens the routes of its rights and no others',
    async (policy, permissions) => {
      expect((await routes()).length).toBeGreaterThan(20)
      for (const { method, path, rights } of await routes()) {
        populate()
        const { status, headers, text } = await server.call(method, path, { as: policy })
        const allowed = (rights ?? ['DeviceConnect']).some((right) => permissions.includes(right))
        expect([method, path, status === 401]).toEqual([method, path, !allowed])
        if (allowed) continue
        expect(headers['iothub-errorcode']).toBe('IotHubUnauthorizedAccess')
        expect(text).toMatch(/ErrorCode:IotHubUnauthorizedAccess;|\\"errorCode\\":401002/)
      }
    },
  )

  test('WIRE-AUTH-19 WIRE-ERR-05: every route without a token is a 401', async () => {
    for (const { method, path } of await routes()) {
      populate()
      const { status, text } = await server.call(method, path, { as: null })
      expect([method, path, status]).toEqual([method, path, 401])
      expect(text).toContain('Authorization header missing')
    }
  })

  test('WIRE-AUTH-08: no route accepts another device, a module instead of the device, or the reverse', async () => {
    for (const { method, path } of await routes()) {
      populate()
      const own = path.includes('/modules/m') ? { deviceId: 'd', moduleId: 'm' } : { deviceId: 'd' }
      for (const as of [
        { deviceId: 'e' },
        { deviceId: 'e', moduleId: 'm' },
        { deviceId: 'd', moduleId: 'm' },
      ]) {
        if (as.deviceId === own.deviceId && as.moduleId === own.moduleId) continue
        const { status } = await server.call(method, path, { as })
        expect([method, path, as, status]).toEqual([method, path, as, 401])
      }
    }
  })

  test('no service route accepts a device token', async () => {
    for (const { method, path, forIdentity } of await routes()) {
      populate()
      if (forIdentity) continue
      expect([method, path, (await server.call(method, path, { as: { deviceId: 'd' } })).status]).toEqual([
        method,
        path,
        401,
      ])
    }
  })
})

describe('tokens of policies', () => {
  const hour = 3_600_000
  const token = (options: { key?: string; name?: string; resource?: string; life?: number }): string => {
    const {
      key = server.hub.policies[0]!.primaryKey,
      name = 'iothubowner',
      resource = server.hub.hostName,
      life = hour,
    } = options
    return signToken(resource, key, server.clock.now() + life, name)
  }

  test.each([
    ['a wrong key', () => token({ key: Buffer.alloc(32).toString('base64') })],
    ['an unknown policy', () => token({ name: 'nobody' })],
    ['an expired token', () => token({ life: -301_000 })],
    ['another hub', () => token({ resource: 'other.azure-devices.net' })],
    ['garbage', () => 'SharedAccessSignature garbage'],
    ['another scheme', () => 'Bearer abc'],
  ])('%s is a 401 whose explanation contains no secret', async (_what, make) => {
    const header = make()
    const { status, text } = await server.call('GET', '/devices', {
      as: null,
      headers: { authorization: header },
    })
    expect(status).toBe(401)
    expect(text).toContain('ErrorCode:IotHubUnauthorizedAccess;')
    const signature = /sig=([^&]+)/.exec(header)?.[1]
    if (signature !== undefined) expect(JSON.stringify(server.hub.lastRefusals)).not.toContain(signature)
  })

  test('are accepted with either key, raw or encoded sr, and within the clock skew', async () => {
    const policy = server.hub.policies.find(({ name }) => name === 'iothubowner')!
    for (const as of [
      policyToken(server.hub),
      token({ key: policy.secondaryKey }),
      token({ life: -299_000 }),
      token({}).replace(/sr=[^&]*/, `sr=${server.hub.hostName}`),
    ])
      expect((await server.call('GET', '/devices', { as })).status).toBe(200)
  })

  test('the journal names the caller, without the token', async () => {
    await server.call('GET', '/devices', { as: 'registryRead' })
    const entry = server.hub.journal.entries.at(-1)
    expect(entry).toMatchObject({ type: 'request', method: 'GET', status: 200, caller: 'registryRead' })
    const header = identityToken(server.hub, { deviceId: 'd' })
    await server.call('GET', '/devices/d/messages/devicebound', { as: header })
    expect(server.hub.journal.entries.at(-1)).toMatchObject({ type: 'request', status: 204, caller: 'd' })
    expect(JSON.stringify(server.hub.journal.entries)).not.toContain(/sig=([^&]+)/.exec(header)![1])
  })
})

test('a refusal names the error, and the device that is refused', async () => {
  const refused = await server.call('GET', '/devices/d/messages/devicebound', { as: { deviceId: 'e' } })
  expect(errorOf(refused).name).toBeDefined()
  expect(server.hub.lastRefusals[0]).toMatchObject({ identity: 'd', transport: 'https' })
})

describe('authentication-policy-path: a policy’s token for one device', () => {
  const open = async (settings: Partial<Settings>, scope: string) => {
    const limited = await openTestServer(settings)
    limited.hub.registry.create({ deviceId: 'a' })
    limited.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
    limited.hub.registry.create({ deviceId: 'b' })
    const { hub } = limited
    const key = hub.policies.find(({ name }) => name === 'iothubowner')?.primaryKey ?? ''
    const as = signToken(`${hub.hostName}${scope}`, key, hub.clock.now() + 3_600_000, 'iothubowner')
    const statuses = []
    for (const path of ['/twins/a', '/twins/a/modules/m', '/twins/b', '/devices/b', '/devices'])
      statuses.push((await limited.call('GET', path, { as })).status)
    await limited.stop()
    return statuses
  }

  test('is not limited over HTTPS', async () => {
    expect(await open({}, '/devices/a')).toEqual([200, 200, 200, 200, 200])
  })

  test('is limited with policyTokensLimitedByPath, whatever its case', async () => {
    const limited = { policyTokensLimitedByPath: true }
    expect(await open(limited, '/devices/A')).toEqual([200, 200, 401, 401, 401])
    expect(await open(limited, '/devices/a/modules/m')).toEqual([401, 200, 401, 401, 401])
    expect(await open(limited, '')).toEqual([200, 200, 200, 200, 200])
  })
})
