import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createPrivateKey } from 'node:crypto'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ClientError,
  ConnectionFailedError,
  IoTHubDeviceClient,
  IoTHubModuleClient,
  OperationTimeout,
  OSError,
  X509,
} from '../index.ts'
import { makeCertificate, serverCertificate, type TestCertificate } from '../testing/certificates.ts'
import { deviceOn, optionsFor } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { TestHub } from '../testing/test-hub.ts'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of cleanUp.splice(0).reverse()) await stop()
})

async function startHub(...args: Parameters<typeof TestHub.start>): Promise<TestHub> {
  const hub = await TestHub.start(...args)
  cleanUp.push(() => hub.stop())
  return hub
}

function keep<C extends IoTHubDeviceClient | IoTHubModuleClient>(client: C): C {
  cleanUp.push(() => client[Symbol.asyncDispose]())
  return client
}

describe('WebSockets', () => {
  it('carry MQTT on the documented path (BOTH-WS-02)', async () => {
    const hub = await startHub({}, true)
    const client = keep(deviceOn(hub, { websockets: true }))
    await client.sendMessage('x')
    expect(await client.getTwin()).toEqual(hub.twin)
    expect(hub.urls).toEqual(['/$iothub/websocket'])
    await client.disconnect()
    expect(hub.packets('disconnect')).toHaveLength(1)
  })

  it.each([404, 200])('are a ClientError when the upgrade gets status %i', async (status) => {
    const { cert, key } = await serverCertificate()
    const server = createHttps({ cert, key }, (_request, response) => response.writeHead(status).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUp.push(
      () =>
        new Promise((resolve) => {
          server.closeAllConnections()
          server.close(() => resolve())
        }),
    )
    const { port } = server.address() as AddressInfo
    const error = await keep(deviceOn({ ca: cert, port }, { websockets: true }))
      .connect()
      .catch((caught: unknown) => caught)
    expect((error as Error).constructor).toBe(ClientError)
  })
})

describe('TLS', () => {
  it('offers the suites of the option (BOTH-CIPHER-01, BOTH-CIPHER-02)', async () => {
    const hub = await startHub()
    const suite = 'ECDHE_ECDSA_AES256_GCM_SHA384'
    await keep(deviceOn(hub, { cipher: [suite] })).connect()
    expect(hub.newest.socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
  })

  it('refuses a certificate of another name (BOTH-CONNECT-09)', async () => {
    const other = await makeCertificate('other.example', ['other.example'])
    const hub = await startHub({ cert: other.cert, key: other.key })
    const error = await keep(deviceOn({ ca: other.cert, port: hub.port }))
      .connect()
      .catch((caught: unknown) => caught)
    expect((error as Error).constructor).toBe(ClientError)
    expect(error).toMatchObject({ retryable: true, cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  })

  it('needs the option for a root that the system does not trust (BOTH-SVC-02)', async () => {
    const hub = await startHub()
    const options = { extensions: optionsFor(hub).extensions }
    const client = keep(IoTHubDeviceClient.createFromSymmetricKey('YQ==', 'localhost', 'd1', options))
    await expect(client.connect()).rejects.toBeInstanceOf(ClientError)
  })

  it('times out when a server does not respond (decision D-38)', async () => {
    const clock = new ManualClock()
    const server = createServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUp.push(() => new Promise((resolve) => server.close(() => resolve())))
    const { cert } = await serverCertificate()
    const { port } = server.address() as AddressInfo
    const reached = new Promise<void>((resolve) =>
      server.once('connection', (socket) => socket.once('data', () => resolve())),
    )
    const client = keep(deviceOn({ ca: cert, port }, { keepAlive: 7, extensions: { clock } }))
    const connecting = expect(client.connect()).rejects.toBeInstanceOf(OperationTimeout)
    await reached
    clock.advance(7_000)
    await connecting
  })

  it('is a failed connection when the handshake is interrupted', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUp.push(() => new Promise((resolve) => server.close(() => resolve())))
    const { cert } = await serverCertificate()
    const client = keep(deviceOn({ ca: cert, port: (server.address() as AddressInfo).port }))
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionFailedError)
  })
})

describe('a gateway', () => {
  it('is dialed, while the user name names the hub (BOTH-GW-01, SRC-22)', async () => {
    const hub = await startHub()
    const client = keep(
      IoTHubDeviceClient.createFromSymmetricKey('YQ==', 'hub.invalid', 'd1', {
        gatewayHostname: 'localhost',
        serverVerificationCert: hub.ca,
        extensions: { endpoint: { mqttPort: hub.port } },
      }),
    )
    await client.connect()
    expect((await hub.nth('connect', 1)).username).toMatch(/^hub\.invalid\/d1\//)
    expect(hub.newest.socket.servername).toBe('localhost')
  })
})

describe('a host name', () => {
  it('that does not resolve is a failed connection (BOTH-CONNECT-05)', async () => {
    const client = keep(IoTHubDeviceClient.createFromSymmetricKey('YQ==', 'no-such-host.invalid', 'd1'))
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionFailedError)
  })
})

describe('X.509', () => {
  let directory: string
  let own: TestCertificate
  const path = (name: string) => join(directory, name)

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'x509-'))
    own = await makeCertificate('d1')
    writeFileSync(path('cert.pem'), own.cert)
    writeFileSync(path('key.pem'), own.key)
    writeFileSync(
      path('locked.pem'),
      createPrivateKey(own.key).export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'open',
      }),
    )
    writeFileSync(path('cert.der'), Buffer.from(own.cert.replace(/-----[^-]*-----|\s/g, ''), 'base64'))
  })

  afterAll(() => {
    rmSync(directory, { recursive: true })
  })

  const asking = async () =>
    startHub({ requestCert: true, rejectUnauthorized: true, ca: own.cert, minVersion: 'TLSv1.2' })

  it.each([
    ['an open key', 'key.pem', undefined],
    ['a locked key', 'locked.pem', 'open'],
  ])(
    'with %s speaks for the client, without a password (DEV-X509-03, DEV-X509-04, SRC-23)',
    async (_w, key, phrase) => {
      const hub = await asking()
      const x509 = new X509(path('cert.pem'), path(key), phrase)
      const client = keep(
        IoTHubDeviceClient.createFromX509Certificate(x509, 'localhost', 'd1', optionsFor(hub)),
      )
      await client.connect()
      const connect = await hub.nth('connect', 1)
      expect(connect.password).toBeUndefined()
      expect(connect.username).toMatch(/^localhost\/d1\//)
      expect(hub.newest.socket.getPeerCertificate().subject.CN).toBe('d1')
    },
  )

  it('authenticates a module (MOD-X509-01, MOD-X509-03, MOD-X509-04)', async () => {
    const hub = await asking()
    const x509 = new X509(path('cert.pem'), path('key.pem'))
    const client = keep(
      IoTHubModuleClient.createFromX509Certificate(x509, 'localhost', 'd1', 'm1', optionsFor(hub)),
    )
    await client.connect()
    expect(await hub.nth('connect', 1)).toMatchObject({ clientId: 'd1/m1' })
    expect((await hub.nth('connect', 1)).password).toBeUndefined()
  })

  it('is a failed connection when the server refuses it in the handshake', async () => {
    const hub = await startHub({ requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.3' })
    const x509 = new X509(path('cert.pem'), path('key.pem'))
    const client = keep(
      IoTHubDeviceClient.createFromX509Certificate(x509, 'localhost', 'd1', optionsFor(hub)),
    )
    await expect(client.connect()).rejects.toBeInstanceOf(ClientError)
  })

  it.each([
    ['a missing file', 'none.pem', 'key.pem', undefined],
    ['DER', 'cert.der', 'key.pem', undefined],
    ['swapped files', 'key.pem', 'cert.pem', undefined],
    ['a wrong pass phrase', 'cert.pem', 'locked.pem', 'wrong'],
    ['no pass phrase', 'cert.pem', 'locked.pem', undefined],
  ])('of %s is refused by the factory (DEV-X509-05, MOD-X509-05)', (_what, cert, key, phrase) => {
    const x509 = new X509(path(cert), path(key), phrase)
    expect(() => IoTHubDeviceClient.createFromX509Certificate(x509, 'localhost', 'd1')).toThrow(OSError)
  })
})
