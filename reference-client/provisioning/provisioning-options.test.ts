import { createServer } from 'node:http'
import { connect } from 'node:net'
import { startMockHub, type MockHub } from 'mock-iot-hub'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ClientError, ProvisioningDeviceClient, ProxyOptions, ValueError } from '../index.ts'
import { failed, HUB, KEY, listening, SCOPE, TestProvisioning } from '../testing/test-provisioning.ts'

let service: TestProvisioning<MockHub>
beforeEach(async () => {
  service = new TestProvisioning(await startMockHub(HUB))
})
afterEach(() => service.hub.stop())

test('PROV-OPT-01: WebSockets on 443, or MQTT on 8883', async () => {
  await service.client({ websockets: true }).register()
  await service.client().register()
  const transports = service.hub.journal.filter({ type: 'link-opened' }).map(({ transport }) => transport)
  expect(transports).toEqual(['mqtt-ws', 'mqtt'])
})

test('PROV-OPT-02: serverVerificationCert is the anchor; without it the server is not trusted', async () => {
  const error = await failed(service.client({ serverVerificationCert: undefined }).register())
  expect(error.constructor).toBe(ClientError)
  expect(error.cause).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  expect(service.packets('connect')).toEqual([])
  expect(await service.client().register()).toMatchObject({ status: 'assigned' })
})

test('PROV-OPT-03: gatewayHostname is dialled, and the user name does not change', async () => {
  const { extensions, serverVerificationCert } = service.options()
  const { mqttPort } = service.hub
  const device = ProvisioningDeviceClient.createFromSymmetricKey('nowhere.invalid', 'd1', SCOPE, KEY, {
    ...{ serverVerificationCert, gatewayHostname: '127.0.0.1' },
    extensions: { ...extensions, endpoint: { mqttPort } },
  })
  await device.register()
  expect(service.packets('connect')[0]?.['username']).toMatch(/^0ne00000000\/registrations\/d1\//)
})

test('PROV-OPT-04: cipher chooses the suite, and an unusable one is refused', async () => {
  expect(await service.client({ cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' }).register()).toMatchObject({
    status: 'assigned',
  })
  expect(service.hub.journal.filter({ type: 'link-opened' })[0]?.tls?.version).toBe('TLSv1.2')
  expect(() => service.client({ cipher: 'NONE-SUCH' })).toThrow(ValueError)
})

test('PROV-OPT-05: the proxy sees CONNECT to the provisioning host', async () => {
  const seen: string[] = []
  const proxy = createServer()
  proxy.on('connect', ({ url = '' }, socket) => {
    seen.push(url)
    const through = connect(service.hub.mqttPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    for (const each of [socket, through]) each.on('error', () => socket.destroy())
  })
  const proxyOptions = new ProxyOptions('HTTP', '127.0.0.1', await listening(proxy))
  expect(await service.client({ proxyOptions }).register()).toMatchObject({ status: 'assigned' })
  expect(seen).toEqual([`127.0.0.1:${String(service.hub.mqttPort)}`])
  proxy.close()
})

test('PROV-OPT-06: keepAlive, in either spelling', async () => {
  for (const more of [{ keepAlive: 90 }, { keepalive: 91 }]) await service.client(more).register()
  expect(service.packets('connect').map(({ keepalive }) => keepalive)).toEqual([90, 91])
  expect(() => service.client({ keepAlive: 1741 })).toThrow(ValueError)
})
