/** TLS on a port of its own: MQTT's 8883 (wire contract 1.1), and the faults that strike before MQTT speaks. */

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Server as TlsServer, TLSSocket, TlsOptions } from 'node:tls'
import { certificateChain } from './certificate-chain.ts'
import type { Faults } from '../core/contract/faults.ts'
import { acceptTls, type ServerCredentials, type TlsVariant } from './tls-faults.ts'
import { tlsFacts } from './peer.ts'
import type { MqttServer } from '../mqtt/server.ts'

export interface TlsListenerOptions {
  readonly host?: string | undefined
  /** 0: any free port. */
  readonly port: number
  readonly tls: ServerCredentials
  readonly faults: Faults
  /** Gives the certificates of the levers `tls.unknown_ca` and its kind; left out: those levers do nothing. */
  readonly tlsVariants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
}

export interface TlsListener {
  readonly port: number
  /** From now on new connections get this certificate. */
  updateTls(credentials: ServerCredentials): void
  /** Stops listening; connections are the room's to close. */
  stop(): Promise<void>
}

/**
 * Listens for MQTT over TLS.
 * @throws the system's error when the port cannot be had (`EADDRINUSE`, `EACCES`).
 */
export async function listenTls(room: MqttServer, options: TlsListenerOptions): Promise<TlsListener> {
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
        transport: 'mqtt',
        peer,
        tls: tlsFacts(socket),
        certificates: certificateChain(socket),
        reset: () => below?.resetAndDestroy(),
      })
    })
    // A handshake that fails is the client's to report; it has closed the socket.
    server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
    return server
  }

  const regular = secured(options.tls)
  let credentials = options.tls
  const door = { faults: options.faults, credentials: () => credentials, variants: options.tlsVariants }

  const server = createServer({ noDelay: true }, (socket) => {
    const peer = peerOf(socket)
    sockets.set(peer, socket)
    socket.once('close', () => sockets.delete(peer))
    socket.on('error', () => socket.destroy())
    const begin = (on: TlsServer): void => {
      on.emit('connection', socket)
    }
    acceptTls(
      door,
      socket,
      () => {
        begin(regular)
      },
      (settings) => {
        begin(secured(settings))
      },
    )
  })

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve()
      })
      for (const socket of sockets.values()) socket.destroy()
    })

  await listening(server, options.port, options.host)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    port,
    updateTls: (next) => {
      credentials = next
      regular.setSecureContext(next)
    },
    stop,
  }
}

function listening(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`
}
