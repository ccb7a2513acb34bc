/**
 * The HTTPS port of the hub. TLS, and upgrades to WebSocket (`server.on('upgrade')`), are there at once; the application
 * behind it is built when the first request comes, because most tests of devices never make one.
 */

import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Duplex } from 'node:stream'
import type { BuiltInStorage } from '../blob/built-in-storage.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/contract/services/services.ts'
import { reportTlsErrors } from '../net/tls-errors.ts'
import type { ServerCredentials, TlsVariant } from '../net/tls-faults.ts'
import { listenWith, TLS_SETTINGS, type TlsListener } from '../net/tls-listener.ts'
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

/** Builds the room; nothing listens yet. */
export function createHttpAdapter(
  hub: Hub,
  { services, tls, tlsVariants, blob }: HttpAdapterOptions,
): HttpAdapter {
  const server = createServer({ ...TLS_SETTINGS, ...tls })
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
  let listener: TlsListener | undefined
  server.on('clientError', answerNoHttp)

  return {
    server,
    app: async () => (await build()).app,
    openApi: async () => (await build()).app.swagger(),
    async listen({ host, port }) {
      const { faults } = hub
      listener = await listenWith(server, {
        ...{ host, port, tls, tlsVariants, faults },
        // Before TLS nobody knows who calls: only a fault without a scope refuses a connection.
        refuses: () => !faults.idle && faults.match('http', undefined, ['refuse']) !== undefined,
        alpn: ['http/1.1'],
        onTlsError: reportTlsErrors(hub, 'https', () => listener?.port ?? port),
      })
      blob?.servedOn(listener.port)
      return { port: listener.port }
    },
    async stop() {
      await listener?.stop()
      await (await built)?.app.close()
    },
  }
}

/** Not HTTP at all, or cut off: there is no request to answer in the service's words. */
function answerNoHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
}
