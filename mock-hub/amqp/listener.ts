/** TLS on a port of its own: AMQP's 5671 (WIRE-AMQP-01). */

import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { certificateChain } from '../certificate-chain.ts'
import type { Faults } from '../core/contract.ts'
import type { AmqpRoom } from './room.ts'

export interface AmqpsListenerOptions {
  readonly host?: string | undefined
  /** 0: any free port. */
  readonly port: number
  /** Server certificate, followed by its issuers, and its key, in PEM. */
  readonly tls: { readonly key: string; readonly cert: string }
  readonly faults: Faults
}

export interface AmqpsListener {
  readonly port: number
  /** Stops listening; connections are the room's to close. */
  stop(): Promise<void>
}

/**
 * Listens for AMQP over TLS.
 * @throws the system's error when the port cannot be had (`EADDRINUSE`, `EACCES`).
 */
export async function listenAmqps(
  room: Pick<AmqpRoom, 'accept'>,
  options: AmqpsListenerOptions,
): Promise<AmqpsListener> {
  const { faults, tls } = options
  /** By peer: a reset needs the TCP socket below the TLS one. */
  const sockets = new Map<string, Socket>()
  const secured = createTlsServer({
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: false,
    ...tls,
  })
  secured.on('secureConnection', (socket) => {
    const peer = peerOf(socket)
    const below = sockets.get(peer)
    room.accept(socket, {
      peer,
      certificates: certificateChain(socket),
      webSocket: false,
      reset: () => below?.resetAndDestroy(),
    })
  })
  // A handshake that fails is the client's to report; it has closed the socket.
  secured.on('tlsClientError', (_error, socket) => socket.destroy())
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = peerOf(socket)
    sockets.set(peer, socket)
    socket.once('close', () => sockets.delete(peer))
    socket.on('error', () => socket.destroy())
    if (!faults.idle && faults.meet('tcp', undefined, ['refuse']) !== undefined) socket.resetAndDestroy()
    else secured.emit('connection', socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        for (const socket of sockets.values()) socket.destroy()
      }),
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`
}
