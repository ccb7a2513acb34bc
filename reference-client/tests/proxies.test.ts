import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Server as HttpProxy } from 'proxy-chain'
import socks5 from 'simple-socks'
import { afterEach, describe, expect, it } from 'vitest'
import { ClientError, IoTHubDeviceClient, ProxyOptions, type ProxyType } from '../index.ts'
import { serverCertificate } from '../testing/certificates.ts'
import { DEVICE } from '../testing/clients.ts'
import { TestHub } from '../testing/test-hub.ts'

/** A proxy for the tests: its port, and the targets of its tunnels. */
interface TestProxy {
  readonly port: number
  readonly targets: string[]
  readonly logins: string[]
  stop(): Promise<void>
}

const cleanUp: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of cleanUp.splice(0).reverse()) await stop()
})

async function httpProxy(login?: string): Promise<TestProxy> {
  const targets: string[] = []
  const logins: string[] = []
  const proxy = new HttpProxy({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: ({ hostname, port, username, password }) => {
      const given = `${username}:${password}`
      if (login !== undefined && given !== login) return { requestAuthentication: true }
      targets.push(`${hostname}:${port}`)
      logins.push(given)
      return {}
    },
  })
  await proxy.listen()
  return { port: proxy.port, targets, logins, stop: () => proxy.close(true) }
}

async function socks5Proxy(login?: string): Promise<TestProxy> {
  const targets: string[] = []
  const logins: string[] = []
  const server = socks5.createServer({
    ...(login === undefined
      ? {}
      : {
          authenticate: (
            username: string,
            password: string,
            _socket: Socket,
            done: (error?: Error) => void,
          ) => {
            if (`${username}:${password}` !== login) {
              done(new Error('wrong'))
              return
            }
            logins.push(login)
            done()
          },
        }),
  })
  server.on('proxyConnect', ({ address, port }: { address: string; port: number }) =>
    targets.push(`${address}:${port}`),
  )
  return listening(server, targets, logins)
}

/** The part of SOCKS4a that a tunnel needs. */
async function socks4Proxy(): Promise<TestProxy> {
  const targets: string[] = []
  const logins: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (request: Buffer) => {
      const port = request.readUInt16BE(2)
      const [user = '', name = ''] = request.subarray(8).toString('latin1').split('\0')
      const isName = request.subarray(4, 7).every((byte) => byte === 0)
      const host = isName ? name : [...request.subarray(4, 8)].join('.')
      targets.push(`${host}:${port}`)
      logins.push(user)
      const onward = connect(port, host === 'localhost' ? '127.0.0.1' : host, () => {
        socket.write(Buffer.from([0, 0x5a, 0, 0, 0, 0, 0, 0]))
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.end(Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0])))
    })
  })
  return listening(server, targets, logins)
}

async function listening(server: Server, targets: string[], logins: string[]): Promise<TestProxy> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    logins,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => {
          resolve()
        })
      }),
  }
}

async function start(make: () => Promise<TestProxy>): Promise<TestProxy> {
  const proxy = await make()
  cleanUp.push(() => proxy.stop())
  return proxy
}

async function hubFor(websockets: boolean): Promise<TestHub> {
  const hub = await TestHub.start({}, websockets)
  cleanUp.push(() => hub.stop())
  return hub
}

function clientThrough(
  proxyOptions: ProxyOptions,
  { ca, port }: Pick<TestHub, 'ca' | 'port'>,
  websockets = false,
): IoTHubDeviceClient {
  const client = IoTHubDeviceClient.createFromConnectionString(DEVICE, {
    proxyOptions,
    websockets,
    serverVerificationCert: ca,
    extensions: { endpoint: { mqttPort: port, httpsPort: port } },
  })
  cleanUp.push(() => client[Symbol.asyncDispose]())
  return client
}

const KINDS: [ProxyType, () => Promise<TestProxy>][] = [
  ['HTTP', httpProxy],
  ['SOCKS4', socks4Proxy],
  ['SOCKS5', socks5Proxy],
]

describe.each(KINDS)('a %s proxy', (type, make) => {
  it.each([
    ['MQTT', false],
    ['WebSockets', true],
  ])('carries %s (BOTH-PROXY-01, BOTH-PROXY-02)', async (_what, websockets) => {
    const hub = await hubFor(websockets)
    const proxy = await start(make)
    await clientThrough(new ProxyOptions(type, '127.0.0.1', proxy.port), hub, websockets).sendMessage('x')
    expect(proxy.targets).toEqual([`localhost:${hub.port}`])
  })

  it('carries HTTPS calls (BOTH-PROXY-04)', async () => {
    const { cert, key } = await serverCertificate()
    const server = createHttps({ cert, key }, (_request, response) => response.writeHead(204).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUp.push(() => new Promise((resolve) => server.close(() => resolve())))
    const proxy = await start(make)
    const { port } = server.address() as AddressInfo
    const client = clientThrough(new ProxyOptions(type, '127.0.0.1', proxy.port), { ca: cert, port })
    await client.notifyBlobUploadStatus('c', true, 200, 'ok')
    expect(proxy.targets).toEqual([`localhost:${port}`])
  })

  it('that is unreachable is a ClientError', async () => {
    const hub = await hubFor(false)
    const proxy = await make()
    await proxy.stop()
    const error = await clientThrough(new ProxyOptions(type, '127.0.0.1', proxy.port), hub)
      .connect()
      .catch((caught: unknown) => caught)
    expect((error as Error).constructor).toBe(ClientError)
    expect(hub.openSockets).toBe(0)
  })
})

describe.each([
  ['HTTP', httpProxy],
  ['SOCKS5', socks5Proxy],
] as const)('a %s proxy with a login', (type, make) => {
  it('gets the login (BOTH-PROXY-03)', async () => {
    const hub = await hubFor(false)
    const proxy = await start(() => make('me:pass word'))
    const client = clientThrough(new ProxyOptions(type, '127.0.0.1', proxy.port, 'me', 'pass word'), hub)
    await client.connect()
    expect(proxy.logins).toEqual(['me:pass word'])
  })

  it('that refuses the login is a ClientError without the password', async () => {
    const hub = await hubFor(false)
    const proxy = await start(() => make('me:right'))
    const error = await clientThrough(new ProxyOptions(type, '127.0.0.1', proxy.port, 'me', 'wrong-one'), hub)
      .connect()
      .catch((caught: unknown) => caught)
    expect((error as Error).constructor).toBe(ClientError)
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain('wrong-one')
  })
})
