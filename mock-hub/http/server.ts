/**
 * The HTTPS port of the hub. TLS, and upgrades to WebSocket (`server.on('upgrade')`), are there at once; the application
 * behind it is built when the first request comes, because most tests of devices never make one.
 */

import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { OwnStorage } from '../blob/own-storage.ts'
import type { Hub } from '../core/contract.ts'
import { createServices, type Services } from '../core/services.ts'
import type * as appModule from './app.ts'
import type { HubApp } from './app.ts'
import { blobAccess, serviceShapes } from './service-shapes.ts'

export interface HttpRoomOptions {
  readonly tls: {
    /** PEM. */
    readonly key: string | Buffer
    /** PEM, the chain in order. */
    readonly cert: string | Buffer
    /** PEM of the authorities that clients may be asked for. */
    readonly ca?: string | Buffer | undefined
  }
  /** The hub's own blob storage, when uploads go there. */
  readonly blob?: OwnStorage | undefined
}

export interface HttpRoom {
  /** For WebSocket upgrades. */
  readonly server: Server
  /** Queries, configurations, jobs of this hub. */
  readonly services: Services
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

/** Builds the room; nothing listens yet. */
export function createHttpRoom(hub: Hub, { tls, blob }: HttpRoomOptions): HttpRoom {
  const services = createServices(hub, serviceShapes(hub), blobAccess(blob))
  const server = createServer({
    ...tls,
    // X.509 devices share the port with everybody else (wire contract 1.1).
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    noDelay: true,
  })
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
  // Before TLS nobody knows who calls: only an order against everybody refuses a connection.
  server.on('connection', (socket: Socket) => {
    if (!hub.faults.idle && hub.faults.meet('http', undefined, ['refuse']) !== undefined)
      socket.resetAndDestroy()
  })
  server.on('clientError', answerNoHttp)

  return {
    server,
    services,
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
      services.stop()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await (await built)?.app.close()
    },
  }
}

/** Not HTTP at all, or cut off: there is no request to answer in the service's words. */
function answerNoHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
}
