/**
 * Servers whose application is loaded and built at the first request: the port is open at once, and a hub that nobody asks
 * starts without the framework, the routes and their schemas.
 */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo, ListenOptions } from 'node:net'

/** Builds the application. @param serverOf fastify's `serverFactory`: the server whose requests it handles. */
export type Build<App, AnyServer = Server> = (
  serverOf: (handle: RequestListener) => AnyServer,
) => Promise<App>

/** The application of a server. */
export interface OnDemand<App> {
  /** Builds it, if no request has. */
  readonly app: () => Promise<App>
  /** Undefined: nobody has needed it. */
  readonly built: () => Promise<App> | undefined
}

/** Gives requests of the server to the application. The caller opens and closes the server. */
export function buildOnDemand<App, AnyServer extends Server | HttpsServer>(
  server: AnyServer,
  build: Build<App, AnyServer>,
): OnDemand<App> {
  let handle: RequestListener = () => undefined
  let building: Promise<App> | undefined
  let isReady = false
  const app = (): Promise<App> =>
    (building ??= build((handler) => {
      handle = handler
      return server
    }).then((made) => {
      isReady = true
      return made
    }))
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isReady) handle(request, response)
    else
      void app().then(() => {
        handle(request, response)
      })
  })
  return { app, built: () => building }
}

/**
 * Node's limit for a whole request does not count: a stream of events is one. Between requests it waits as long as fastify
 * does by default.
 */
const LIMITS = { requestTimeout: 0, keepAliveTimeout: 72_000 }

export interface HttpListener {
  /** The port that is used; 0 on a Unix socket. */
  readonly port: number
  /** Closes the port and all connections. */
  readonly stop: () => Promise<void>
}

/**
 * Opens an HTTP port or a Unix socket.
 * @param prepare adds what watches the server from its first connection on.
 * @throws the system's error when the address is not available.
 */
export async function listenOnDemand(
  at: ListenOptions,
  prepare: (server: Server) => void,
  build: Build<{ close(): PromiseLike<unknown> }>,
): Promise<HttpListener> {
  const server = createServer(LIMITS)
  prepare(server)
  const { built } = buildOnDemand(server, build)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo | string // it listens
  return {
    port: typeof address === 'string' ? 0 : address.port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await (await built())?.close()
    },
  }
}
