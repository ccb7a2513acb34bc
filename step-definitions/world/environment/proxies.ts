/** The proxies of the suite, which record their connections: HTTP, SOCKS4 and SOCKS5. */

import { connect, createServer, type Server, type Socket } from 'node:net'
import { Server as HttpProxy } from 'proxy-chain'
import socks5 from 'simple-socks'

export type ProxyType = 'HTTP' | 'SOCKS4' | 'SOCKS5'

export interface Proxy {
  readonly port: number
  /** The target ports of its tunnels. */
  readonly tunnels: readonly number[]
  readonly logins: readonly string[]
  stop(): Promise<void>
}

/** @param login the required `user:password`. */
export function startProxy(type: ProxyType, address: string, login?: string): Promise<Proxy> {
  switch (type) {
    case 'HTTP':
      return httpProxy(address, login)
    case 'SOCKS4':
      return listening(address, socks4Server)
    case 'SOCKS5':
      return listening(address, (tunnels, logins) => socks5Server(tunnels, logins, login))
  }
}

async function httpProxy(address: string, login: string | undefined): Promise<Proxy> {
  const tunnels: number[] = []
  const logins: string[] = []
  const proxy = new HttpProxy({
    port: 0,
    host: address,
    prepareRequestFunction: ({ port, username, password }) => {
      const given = `${username}:${password}`
      if (login !== undefined && given !== login) return { requestAuthentication: true }
      tunnels.push(port)
      logins.push(given)
      return {}
    },
  })
  await proxy.listen()
  return { port: proxy.port, tunnels, logins, stop: () => proxy.close(true) }
}

async function listening(
  host: string,
  make: (tunnels: number[], logins: string[]) => Server,
): Promise<Proxy> {
  const tunnels: number[] = []
  const logins: string[] = []
  const sockets = new Set<Socket>()
  const server = make(tunnels, logins)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    tunnels,
    logins,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function socks5Server(tunnels: number[], logins: string[], login: string | undefined): Server {
  return socks5
    .createServer({
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
                done(new Error('wrong login'))
                return
              }
              logins.push(login)
              done()
            },
          }),
    })
    .on('proxyConnect', (_info: unknown, destination: Socket) => {
      destination.once('connect', () => tunnels.push(destination.remotePort ?? 0))
      if (destination.remotePort !== undefined) tunnels.push(destination.remotePort)
    })
}

/** SOCKS4 and SOCKS4a: version, command, port, address, user, and a name for 4a. Connects to its own address. */
function socks4Server(tunnels: number[]): Server {
  return createServer((socket) => {
    socket.once('data', (request) => {
      const port = request.readUInt16BE(2)
      tunnels.push(port)
      const target = connect(port, socket.localAddress ?? '', () => {
        socket.write(Buffer.from([0, 0x5a, 0, 0, 0, 0, 0, 0]))
        socket.pipe(target).pipe(socket)
      })
      target.on('error', () => socket.destroy())
      socket.on('close', () => target.destroy())
    })
    socket.on('error', () => socket.destroy())
  })
}
