import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectDevice } from '../testing/device.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())

test('WIRE-REG-18: the numbers of devices and of connected devices', async () => {
  const counts = async (): Promise<unknown[]> => [
    (await server.call('GET', '/statistics/devices', { as: 'registryRead' })).json,
    (await server.call('GET', '/statistics/service')).json,
  ]
  expect(await counts()).toEqual([
    { totalDeviceCount: 0, enabledDeviceCount: 0, disabledDeviceCount: 0 },
    { connectedDeviceCount: 0 },
  ])
  for (const deviceId of ['a', 'b', 'c']) server.hub.registry.create({ deviceId })
  server.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
  server.hub.registry.update({ deviceId: 'c' }, { status: 'disabled' }, '*')
  const hangUp = connectDevice(server.hub, { deviceId: 'b' }, [])
  expect(await counts()).toEqual([
    { totalDeviceCount: 3, enabledDeviceCount: 2, disabledDeviceCount: 1 },
    { connectedDeviceCount: 1 },
  ])
  hangUp()
  expect((await counts())[1]).toEqual({ connectedDeviceCount: 0 })
})
