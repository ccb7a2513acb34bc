/**
 * The HTTPS port of the hub. TLS, and upgrades to WebSocket (`server.on('upgrade')`), are there at once; the application
 * behind it is built when the first request comes, because most tests of devices never make one.
 */

import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { BuiltInStorage } from '../blob/built-in-storage.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/contract/services/services.ts'
import { acceptTls, type ServerCredentials, type TlsVariant } from '../net/tls-faults.ts'
import type * as appModule from './app.ts'
import type { HubApp } from './app.ts'

export interface HttpAdapterOptions {
  /** Queries, configurations, jobs of this hub. */
  readonly services: Services
  readonly tls: ServerCredentials
  /** Certificates of the levers `tls.unknown_ca` and its kind; left out: those do nothing. */
  readonly tlsVariants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
  /** The hub's own blob storage, when uploads go there. */
  readonly blob?: BuiltInStorage | undefined
}

export interface HttpAdapter {
  /** For WebSocket upgrades. */
  readonly server: Server
  /** Builds the application, once; `inject` serves tests without a socket. */
  app(): Promise<FastifyInstance<Server>>
  /** @param at.port 0: any free port. @returns the port it got. */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** The service API as an OpenAPI 3 document. */
  openApi(): Promise<object>
  /** Closes the port and cuts what is open. */
  stop(): Promise<void>
}

/** Read once a process: even a module that is there already is found again by way of another thread under a loader. */
const load = (): Promise<typeof appModule> => (loaded ??= import('./app.ts'))
let loaded: Promise<typeof appModule> | undefined

/** X.509 devices share the port with everybody else (wire contract 1.1). */
const TLS = { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const

/** Builds the room; nothing listens yet. */
export function createHttpAdapter(
  hub: Hub,
  { services, tls, tlsVariants, blob }: HttpAdapterOptions,
): HttpAdapter {
  const server = createServer({ ...TLS, ...tls, noDelay: true })
  let built: Promise<HubApp> | undefined
  const build = (): Promise<HubApp> =>
    (built ??= load().then(({ createApp }) => createApp({ hub, services, server, blob })))

  let handle: RequestListener | undefined
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (handle !== undefined) {
      handle(request, response)
      return
    }
    void build().then((app) => {
      handle = app.handle
      handle(request, response)
    })
  })
  const sockets = letThroughDoor(hub, server, { tls, tlsVariants })
  server.on('clientError', answerNoHttp)

  return {
    server,
    app: async () => (await build()).app,
    openApi: async () => (await build()).app.swagger(),
    async listen({ host, port }) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      // A listening TCP server has an address with a port.
      const address = server.address() as AddressInfo
      blob?.servedOn(address.port)
      return { port: address.port }
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      // Those that never came to speak HTTP are nobody else's.
      for (const socket of sockets) socket.destroy()
      await closed
      await (await built)?.app.close()
    },
  }
}

/** @returns the connections there are, below TLS. */
function letThroughDoor(
  { faults }: Hub,
  server: Server,
  { tls, tlsVariants }: Pick<HttpAdapterOptions, 'tls' | 'tlsVariants'>,
): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  // Node's own, which begins TLS.
  const regular = server.listeners('connection')
  server.removeAllListeners('connection')
  const door = { faults, credentials: () => tls, variants: tlsVariants }
  const spoil = (socket: Socket, settings: TlsOptions): void => {
    const spoilt = createTlsServer({ ...TLS, ALPNProtocols: ['http/1.1'], ...settings })
    spoilt.on('secureConnection', (secured) => server.emit('secureConnection', secured))
    spoilt.on('tlsClientError', (_error, secured) => secured.destroy())
    spoilt.emit('connection', socket)
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    // Before TLS nobody knows who calls: only an order against everybody refuses a connection.
    if (!faults.idle && faults.match('http', undefined, ['refuse']) !== undefined) {
      socket.resetAndDestroy()
      return
    }
    acceptTls(
      door,
      socket,
      () => {
        for (const begin of regular) Reflect.apply(begin, server, [socket])
      },
      (settings) => {
        spoil(socket, settings)
      },
    )
  })
  return sockets
}

/** Not HTTP at all, or cut off: there is no request to answer in the service's words. */
function answerNoHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
}
