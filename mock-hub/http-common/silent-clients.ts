/** Clients that hold a connection of an HTTP server and do nothing (docs/reliability.md#limits). */

import type { IncomingMessage, Server } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Hub } from '../core/contract/hub.ts'
import { limitSilence, silenceError } from '../core/errors/limits.ts'

interface Client {
  /** The newest request; undefined: the head of the first one is not complete. */
  request: IncomingMessage | undefined
  /** Ends the watch. */
  stop: () => void
}

/**
 * Closes, on the hub's clock, a connection whose first head is not complete after `httpTimeoutSeconds`, and one on which
 * neither the body nor the reading of an answer has gone on for that long. Between requests, and while an answer is not
 * ready, a client may be silent: Node's own limit counts there, in the time of the system, because a connection that a wound
 * clock closed would meet the next request.
 * @param upgrades the server has a handler of upgrades. A listener would make Node give it each connection that asks for one.
 */
export function closeSilentClients(
  server: Server | HttpsServer,
  hub: Pick<Hub, 'clock' | 'settings' | 'refuse'>,
  { upgrades = false }: { readonly upgrades?: boolean } = {},
): void {
  const seconds = hub.settings.httpTimeoutSeconds
  const clients = new WeakMap<Socket, Client>()
  const opened = (socket: Socket): void => {
    let turns = 0
    const client: Client = { request: undefined, stop: () => undefined }
    client.stop = limitSilence({
      clock: hub.clock,
      ms: seconds * 1000,
      heard: () => {
        const { request } = client
        if (request === undefined) return 0
        const { bytesRead, bytesWritten, writableLength } = socket
        return request.complete && writableLength === 0 ? ++turns : bytesRead + bytesWritten - writableLength
      },
      onSilence: () => {
        const { request } = client
        const [what, done] =
          request === undefined
            ? ['the head of a request', `${socket.bytesRead} bytes without one`]
            : request.complete
              ? ['reading of the answer', `${socket.writableLength} bytes unread`]
              : ['the body of a request', `${socket.bytesRead} bytes, and then none`]
        hub.refuse(silenceError(`${what} to go on within ${seconds} s (setting httpTimeoutSeconds)`, done), {
          transport: 'https',
        })
        socket.destroy()
      },
    })
    clients.set(socket, client)
    socket.once('close', client.stop)
  }
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', opened)
  server.prependListener('request', (request: IncomingMessage) => {
    const client = clients.get(request.socket)
    if (client !== undefined) client.request = request
  })
  if (!upgrades) return
  server.prependListener('upgrade', (request: IncomingMessage) => {
    clients.get(request.socket)?.stop()
  })
}
