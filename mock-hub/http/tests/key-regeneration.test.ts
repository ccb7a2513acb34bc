import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  for (const deviceId of ['a', 'b']) server.hub.registry.create({ deviceId })
  server.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
})
afterAll(() => server.stop())

const regenerate = (body: object, apiVersion = '2024-03-31'): Promise<Answer> =>
  server.call('POST', '/devices/keys/regenerate', { body, apiVersion })
const keysOf = (deviceId: string, moduleId?: string) =>
  server.hub.registry.get(moduleId === undefined ? { deviceId } : { deviceId, moduleId }).authentication
    .symmetricKey

describe('WIRE-REG-22: POST /devices/keys/regenerate', () => {
  test('one device, one key', async () => {
    const before = keysOf('a')
    const { status, json } = await regenerate({ policyKey: 'primaryKey', devices: [{ id: 'a' }] })
    const after = keysOf('a')
    expect(status).toBe(200)
    expect(json).toEqual({
      policyKey: 'primaryKey',
      rotatedKeys: [{ id: 'a', ...after, secondaryKey: null }],
      errors: [],
    })
    expect(after.primaryKey).not.toBe(before.primaryKey)
    expect(after.secondaryKey).toBe(before.secondaryKey)
  })

  test('devices and modules at once, both keys, the choice in any case', async () => {
    const before = [keysOf('b'), keysOf('a', 'm')]
    const { status, json } = await regenerate({
      policyKey: 'Both',
      devices: [{ id: 'b' }, { id: 'a', moduleId: 'm' }],
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      policyKey: 'both',
      rotatedKeys: [
        { id: 'b', ...keysOf('b') },
        { id: 'a', moduleId: 'm', ...keysOf('a', 'm') },
      ],
    })
    expect(before).not.toContainEqual(keysOf('b'))
    expect(before).not.toContainEqual(keysOf('a', 'm'))
  })

  test('some fail: 207, each failure by name; all fail: 400', async () => {
    const devices = [{ id: 'a' }, { id: 'nobody' }]
    const some = await regenerate({ policyKey: 'secondaryKey', devices })
    expect(some).toMatchObject({
      status: 207,
      json: { rotatedKeys: [{ id: 'a' }], errors: [{ id: 'nobody', errorCode: 'DeviceNotFound' }] },
    })
    const none = await regenerate({ policyKey: 'both', devices: [{ id: 'nobody' }] })
    expect(none).toMatchObject({
      status: 400,
      headers: { 'iothub-errorcode': 'BulkRegenerateDeviceKeyOperationFailure' },
      json: { rotatedKeys: [], errors: [{ id: 'nobody', errorCode: 'DeviceNotFound' }] },
    })
  })

  test.each([
    [{ devices: [{ id: 'a' }] }, 'InvalidPolicyKey'],
    [{ policyKey: 'Unknown', devices: [{ id: 'a' }] }, 'InvalidPolicyKey'],
    [{ policyKey: 'third', devices: [{ id: 'a' }] }, 'GenericBadRequest'],
    [{ policyKey: 'both' }, 'ArgumentNull'],
    [{ policyKey: 'both', devices: Array.from({ length: 101 }, () => ({ id: 'a' })) }, 'TooManyDevices'],
  ])('%j is refused as %s', async (body, name) => {
    expect(errorOf(await regenerate(body)).name).toBe(name)
  })

  test('an older api-version has no such route', async () => {
    expect((await regenerate({ policyKey: 'both', devices: [{ id: 'a' }] }, '2021-04-12')).status).toBe(404)
  })
})
