/** TLS on a port of its own: AMQP's 5671 (WIRE-AMQP-01). */

import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Server as TlsServer, TlsOptions } from 'node:tls'
import { certificateChain } from '../net/certificate-chain.ts'
import type { Faults } from '../core/contract/faults.ts'
import { acceptTls, type ServerCredentials, type TlsVariant } from '../net/tls-faults.ts'
import type { AmqpServer } from './server.ts'

export interface AmqpsListenerOptions {
  readonly host?: string | undefined
  /** 0: any free port. */
  readonly port: number
  readonly tls: ServerCredentials
  readonly faults: Faults
  /** Gives the certificates of the levers `tls.unknown_ca` and its kind; left out: those levers do nothing. */
  readonly tlsVariants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
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
  room: Pick<AmqpServer, 'accept'>,
  options: AmqpsListenerOptions,
): Promise<AmqpsListener> {
  const { faults, tls, tlsVariants } = options
  /** By peer: a reset needs the TCP socket below the TLS one. */
  const sockets = new Map<string, Socket>()
  const secured = (settings: TlsOptions): TlsServer => {
    const server = createTlsServer({
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
      ...settings,
    })
    server.on('secureConnection', (socket) => {
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
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return server
  }
  const regular = secured(tls)
  const door = { faults, credentials: () => tls, variants: tlsVariants }
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = peerOf(socket)
    sockets.set(peer, socket)
    socket.once('close', () => sockets.delete(peer))
    socket.on('error', () => socket.destroy())
    acceptTls(
      door,
      socket,
      () => {
        regular.emit('connection', socket)
      },
      (settings) => {
        secured(settings).emit('connection', socket)
      },
    )
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
