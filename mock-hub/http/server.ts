/**
 * The HTTPS port of the hub. TLS and upgrades to WebSocket (`server.on('upgrade')`) work at once; the application is
 * built at the first request, because most tests of devices make none.
 */

import type { FastifyInstance } from 'fastify'
import { createServer, type Server } from 'node:https'
import type { Duplex } from 'node:stream'
import type { BuiltInStorage } from '../blob/built-in-storage.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/contract/services/services.ts'
import { buildOnDemand } from '../http-common/on-demand.ts'
import { closeSilentClients } from '../http-common/silent-clients.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import type { HandshakeObserver } from '../net/observed-handshake.ts'
import { reportTlsErrors, type TrustFiles } from '../net/tls-errors.ts'
import type { ServerCredentials, TlsVariant } from '../net/tls-faults.ts'
import { listenWith, TLS_SETTINGS, type TlsListener } from '../net/tls-listener.ts'
import type * as appModule from './app.ts'

export interface HttpAdapterOptions {
  /** Queries, configurations and jobs. */
  readonly services: Services
  readonly tls: ServerCredentials
  /** Files that clients may trust, for whoever wonders why a handshake failed. */
  readonly trust?: TrustFiles | undefined
  /** Certificates for faults such as `tls.unknown_ca`. Without them these faults have no effect. */
  readonly tlsVariants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
  /** Who hears how connections begin; it returns undefined when nobody does. */
  readonly observerOf?: ((protocol: 'https', port: () => number) => HandshakeObserver | undefined) | undefined
  /** The hub's own blob storage, when uploads go there. */
  readonly blob?: BuiltInStorage | undefined
  /** Undefined: there is no provisioning service beside the hub. */
  readonly provisioning?: Provisioning | undefined
}

export interface HttpAdapter {
  /** For WebSocket upgrades. */
  readonly server: Server
  /** The application, built at the first call; tests call its `inject`. */
  app(): Promise<FastifyInstance<Server>>
  /** @param at.port 0: any free port. @returns the port that is used. */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** New connections get these certificates from now on. */
  updateTls(credentials: ServerCredentials): void
  /** The service API as an OpenAPI 3 document. */
  openApi(): Promise<object>
  /** Closes the port and all connections. */
  stop(): Promise<void>
}

/**
 * How long a connection without a request is kept, ms: as HTTP.sys keeps it (docs/contract/https.md#https-idle). With the
 * 5 s of Node, which its clients have too, a request meets a connection that is just being closed.
 */
const IDLE = 120_000

/** Imported once in a process: under a module loader, even a repeated import takes a round trip to another thread. */
const load = (): Promise<typeof appModule> => (loaded ??= import('./app.ts'))
let loaded: Promise<typeof appModule> | undefined

/** Creates the adapter; nothing listens yet. */
export function createHttpAdapter(
  hub: Hub,
  { services, tls, trust, tlsVariants, observerOf, blob, provisioning }: HttpAdapterOptions,
): HttpAdapter {
  const server = createServer({ ...TLS_SETTINGS, ...tls, keepAliveTimeout: IDLE })
  closeSilentClients(server, hub, { upgrades: true })
  const { app, built } = buildOnDemand(server, async (serverOf) => {
    const { createApp } = await load()
    return createApp({ hub, services, serverOf, blob, provisioning })
  })
  let listener: TlsListener | undefined
  server.on('clientError', endBrokenConnection)

  return {
    server,
    app,
    updateTls: (credentials) => {
      listener?.updateTls(credentials)
    },
    openApi: async () => (await app()).swagger(),
    async listen({ host, port }) {
      const { faults } = hub
      listener = await listenWith(server, {
        ...{ host, port, tls, tlsVariants, faults },
        ...{ clock: hub.clock, silenceSeconds: hub.settings.connectTimeoutSeconds },
        // Before TLS the caller is unknown: only a fault without a scope refuses a connection.
        refuses: () => !faults.idle && faults.match('http', undefined, ['refuse']) !== undefined,
        alpn: ['http/1.1'],
        onTlsError: reportTlsErrors(hub, 'https', () => listener?.port ?? port, trust),
        observer: observerOf?.('https', () => listener?.port ?? port),
      })
      blob?.servedOn(listener.port)
      return { port: listener.port }
    },
    async stop() {
      await listener?.stop()
      await (await built())?.close()
    },
  }
}

/** Ends a connection that is not HTTP or is broken. */
function endBrokenConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
}
