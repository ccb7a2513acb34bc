import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, createWebSocketStream } from 'ws'
import { ManualClock } from '../../base/clock.ts'
import { RawClient } from '../../mqtt/testing/raw-client.ts'
import { make } from '../../provisioning/testing/certificates.ts'
import { individual, KEY, SCOPE, token } from '../../provisioning/testing/test-provisioning.ts'
import type { MockHubOptions } from '../options.ts'
import type { MockHub } from '../mock-hub.ts'
import { startMockHub } from '../start.ts'
import { webhookCaller } from './call-webhook.ts'

const hubs: MockHub[] = []
const clock = new ManualClock()
const start = async (options: MockHubOptions = {}): Promise<MockHub> => {
  const hub = await startMockHub({ controlPort: false, clock, ...options })
  hubs.push(hub)
  return hub
}
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
})

const tls = async (options: ConnectionOptions): Promise<TLSSocket> => {
  const socket = connectTls(options)
  await once(socket, 'secureConnect')
  return socket
}
const upgrade = async (hub: MockHub, path: string, protocol: string): Promise<WebSocket> => {
  const url = `wss://127.0.0.1:${String(hub.httpsPort)}${path}`
  const socket = new WebSocket(url, protocol, { ca: hub.caPem })
  await once(socket, 'open')
  return socket
}

describe('WebSocket', () => {
  test.each([
    ['/$iothub/websocket', 'mqtt'],
    ['/$iothub/websocket?iothub-no-client-cert=true', 'MQTT'],
    ['/', 'mqtt'],
    ['/mqtt', 'mqtt'],
  ])(
    'DPS-CONN-07 DPS-CONN-08 DPS-CONN-09: upgrades at %s with the sub-protocol %s',
    async (path, protocol) => {
      const hub = await start()
      hub.provisioning?.enrollments.put('d1', individual('d1'))
      const socket = await upgrade(hub, path, protocol)
      expect(socket.protocol).toBe(protocol)
      const client = new RawClient(createWebSocketStream(socket))
      client.connect({
        clientId: 'd1',
        username: `${SCOPE}/registrations/d1/api-version=2019-03-31`,
        password: Buffer.from(token({ clock }, 'd1', KEY)),
      })
      expect(await client.take('connack')).toMatchObject({ returnCode: 0 })
      socket.terminate()
    },
  )

  test('without a service the hub is on its own path alone', async () => {
    const hub = await start({ provisioning: false })
    const refused = upgrade(hub, '/', 'mqtt')
    await expect(refused).rejects.toThrow('400')
    expect(hub.provisioning).toBeUndefined()
    expect(hub.environment['PROVISIONING_HOST']).toBeUndefined()
  })
})

describe('a hub with its service', () => {
  const seed = {
    enrollments: [{ registrationId: 'd1' }, individual('d2')],
    enrollmentGroups: [{ enrollmentGroupId: 'g', attestation: { type: 'symmetricKey' } }],
  }

  test('a seed enrolls, with stable keys where it gives none; reset restores it', async () => {
    const keyOf = (purpose: string): string => Buffer.alloc(32, purpose).toString('base64')
    const hub = await start({ seed, keyOf })
    const { provisioning, environment, hostName } = hub
    const key = keyOf('enrollment d1 primary')
    expect(provisioning?.enrollments.attestation('d1')).toMatchObject({ symmetricKey: { primaryKey: key } })
    expect(environment).toMatchObject({
      PROVISIONING_HOST: hostName,
      PROVISIONING_IDSCOPE: SCOPE,
      PROVISIONING_REGISTRATION_ID: 'd1',
      PROVISIONING_SYMMETRIC_KEY: key,
      PROVISIONING_MASTER_SYMMETRIC_KEY: keyOf('enrollment group g primary'),
      PROVISIONING_CONNECTION_STRING: `HostName=${hostName};SharedAccessKeyName=provisioningserviceowner;SharedAccessKey=${keyOf('policy provisioningserviceowner primary')}`,
    })
    provisioning?.enrollments.remove('d1')
    provisioning?.unlink(hostName)
    hub.reset()
    expect(provisioning?.enrollments.list()).toHaveLength(2)
    expect(provisioning?.linkedHubs).toEqual([hostName])
  })

  test('a seed that the service cannot take says which field', async () => {
    await expect(start({ seed: { enrollments: [{ id: 'd1' }] } })).rejects.toThrow('seed.enrollments[0]')
    await expect(start({ seed, provisioning: false })).rejects.toThrow('seed.enrollments')
    await expect(start({ seed: { enrollments: [individual('a b')] } })).rejects.toThrow('registrationId')
    await expect(start({ idScope: '' })).rejects.toThrow('idScope')
  })

  test('DPS-AUTH-14: an authority that the hub trusts is verified at its service, and stays so after a reset', async () => {
    const root = await make('root', undefined, { ca: true })
    const device = await make('x1', root)
    const fleet = {
      enrollmentGroupId: 'fleet',
      attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: root.pem } } } },
    }
    const registers = async (hub: MockHub): Promise<string | undefined> => {
      const socket = await tls({
        ...{ host: '127.0.0.1', port: hub.mqttPort, ca: hub.caPem },
        ...{ cert: device.pem, key: device.key },
      })
      const client = new RawClient(socket)
      client.connect({ clientId: 'x1', username: `${SCOPE}/registrations/x1/api-version=2019-03-31` })
      await client.take('connack')
      client.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }],
      })
      client.send({
        cmd: 'publish',
        topic: '$dps/registrations/PUT/iotdps-register/?$rid=1',
        payload: '',
        qos: 0,
        dup: false,
        retain: false,
      })
      const { topic } = await client.take('publish')
      socket.destroy()
      return topic
    }
    const trusting = await start({ trustedAuthorities: [root.pem], seed: { enrollmentGroups: [fleet] } })
    for (const reset of [false, true]) {
      if (reset) trusting.reset()
      expect(await registers(trusting)).toContain('/res/202/')
    }
    expect(trusting.provisioning?.certificates.list()).toEqual([])
    expect(await registers(await start({ seed: { enrollmentGroups: [fleet] } }))).toContain('/res/401/')
  })

  test('hubs of one process are linked by their names', async () => {
    const [first, second] = [await start({ idScope: '0neABC' }), await start({ hostName: 'other.example' })]
    expect(first.provisioning?.idScope).toBe('0neABC')
    first.provisioning?.link(second, 5)
    expect(first.provisioning?.linkedHubs).toEqual([first.hostName, 'other.example'])
    expect(() => first.provisioning?.link(second, 0)).toThrow('allocationWeight')
    expect(first.provisioning?.unlink('other.example')).toBe(true)
    expect(first.provisioning?.unlink('other.example')).toBe(false)
  })
})

describe('webhooks', () => {
  const serve = async (answer: (end: (status: number, body: string) => void) => void): Promise<string> => {
    const server = createServer((_request, response) => {
      answer((status, body) => {
        response.writeHead(status).end(body)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`
  }
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })
  const call = webhookCaller({ clock, anywhere: false, caPem: () => '' })

  test('status and body are passed on', async () => {
    const url = await serve((end) => {
      end(418, '{"a":1}')
    })
    expect(await call(url, { b: 2 })).toEqual({ status: 418, body: '{"a":1}' })
  })

  test('one that does not answer in 5 s of the hub’s clock, nobody, and one on another machine', async () => {
    const reached = new Promise<string>((resolve, reject) => {
      serve(() => {
        resolve('')
      }).then((url) => {
        void call(url, {}).catch((error: unknown) => {
          late(error)
        })
      }, reject)
    })
    let late: (error: unknown) => void = () => undefined
    const failed = new Promise((resolve) => (late = resolve))
    await reached
    clock.advance('5s')
    expect(String(await failed)).toContain('did not answer within 5 s')
    await expect(call('http://127.0.0.1:1/', {})).rejects.toThrow('ECONNREFUSED')
    await expect(call('https://functions.example/x', {})).rejects.toThrow('dpsWebhooksAnywhere')
  })

  test('an answer that is too long is refused', async () => {
    const url = await serve((end) => {
      end(200, 'x'.repeat(300 * 1024))
    })
    await expect(call(url, {})).rejects.toThrow('256 KB')
  })
})
