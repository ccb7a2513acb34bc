/** TLS on a port of its own: MQTT's 8883 (wire contract 1.1), and the faults that strike before MQTT speaks. */

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Server as TlsServer, TLSSocket, TlsOptions } from 'node:tls'
import { certificateChain } from '../certificate-chain.ts'
import type { Faults, Json } from '../core/contract.ts'
import type { MqttRoom } from './room.ts'

/** Server certificate and key in PEM; an EC key costs half the CPU of an RSA key per connection. */
export interface ServerCredentials {
  readonly key: string
  /** The certificate, followed by its issuers. */
  readonly cert: string
}

/** Certificates with which a hub can be wrong. */
export type TlsVariant = 'unknown_ca' | 'wrong_name' | 'expired' | 'not_yet_valid'

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

const TCP_EFFECTS = ['refuse'] as const
const CERTIFICATE_EFFECTS: readonly string[] = ['unknown_ca', 'wrong_name', 'expired', 'not_yet_valid']

/**
 * Listens for MQTT over TLS.
 * @throws the system's error when the port cannot be had (`EADDRINUSE`, `EACCES`).
 */
export async function listenTls(room: MqttRoom, options: TlsListenerOptions): Promise<TlsListener> {
  const { faults } = options
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

  const server = createServer({ noDelay: true }, (socket) => {
    const peer = peerOf(socket)
    sockets.set(peer, socket)
    socket.once('close', () => sockets.delete(peer))
    socket.on('error', () => socket.destroy())
    if (faults.idle) {
      regular.emit('connection', socket)
      return
    }
    if (faults.meet('tcp', undefined, TCP_EFFECTS) !== undefined) {
      socket.resetAndDestroy()
      return
    }
    const met = faults.meet('tls')
    if (met === undefined) regular.emit('connection', socket)
    else if (met.effect !== 'stall')
      void variant(met.effect, met.parameters).then((settings) => {
        secured(settings).emit('connection', socket)
      })
  })

  /** How the handshake is spoilt. */
  async function variant(effect: string, parameters: Readonly<Record<string, Json>>): Promise<TlsOptions> {
    if (CERTIFICATE_EFFECTS.includes(effect)) {
      return (await options.tlsVariants?.(effect as TlsVariant)) ?? credentials // one of the list above
    }
    switch (effect) {
      case 'old_protocol':
        // Node's OpenSSL offers TLS 1.1 only at security level 0.
        return { ...credentials, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
      case 'cipher_allowlist': {
        const { ciphers } = parameters
        return { ...credentials, maxVersion: 'TLSv1.2', ...(typeof ciphers === 'string' ? { ciphers } : {}) }
      }
      case 'require_client_cert':
        return { ...credentials, requestCert: true, rejectUnauthorized: true }
      default:
        return credentials
    }
  }

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
