/** TLS on a port of its own, for every protocol of the hub (WIRE-CONN-01), and the faults that fire before it speaks. */

import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Server as TlsServer, TLSSocket, TlsOptions } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import type { Faults } from '../core/contract/faults.ts'
import { limitSilence } from '../core/errors/limits.ts'
import type { HandshakeObserver } from './observed-handshake.ts'
import { clientInfo, peerOf, rememberTcp, type ClientInfo } from './peer.ts'
import { acceptTls, type ServerCredentials, type TlsVariant } from './tls-faults.ts'

/**
 * The cipher suites of the service (docs/contract/tls.md#wire-conn-37), those for EC certificates first: the hub chooses
 * by its own order, and their handshakes cost half.
 */
const CIPHERS = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'],
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA256', 'AES256-SHA384'].flatMap((suite) => [
    `ECDHE-ECDSA-${suite}`,
    `ECDHE-RSA-${suite}`,
  ]),
].join(':')

/** What every TLS server of the hub is made with: devices may show a certificate, and the core judges it. */
export const TLS_SETTINGS = {
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
  requestCert: true,
  rejectUnauthorized: false,
  noDelay: true,
} as const satisfies TlsOptions & { noDelay: boolean }

export interface TlsListenerOptions {
  /** Address to listen on; undefined: all. */
  readonly host?: string | undefined
  /** 0: any free port. */
  readonly port: number
  readonly tls: ServerCredentials
  readonly faults: Faults
  readonly clock: Clock
  /**
   * How long a client may send nothing, on the clock; a handshake that has begun may take as long in the time of the system,
   * because a wound clock would break the handshakes under way.
   */
  readonly silenceSeconds: number
  /** Makes the certificates of `tls.unknown_ca` and its siblings; undefined: those faults change nothing. */
  readonly tlsVariants?: ((variant: TlsVariant) => Promise<ServerCredentials>) | undefined
  /**
   * A handshake has failed. Not called for a client that closes a connection on which it sent nothing.
   * @param peer `address:port`.
   */
  readonly onTlsError?: ((peer: string, error: NodeJS.ErrnoException) => void) | undefined
  /** Hears how each connection begins. Default: nobody, and the first bytes of a client are not looked at. */
  readonly observer?: HandshakeObserver | undefined
}

export interface ServerListenerOptions extends TlsListenerOptions {
  /** Asked for each TCP connection before TLS. @returns whether it is reset. */
  readonly refuses?: (() => boolean) | undefined
  /** Application protocols of the server, for handshakes that a fault changes. */
  readonly alpn?: string[] | undefined
}

export interface TlsListener {
  readonly port: number
  /** New connections get this certificate from now on. */
  updateTls(credentials: ServerCredentials): void
  /** Closes the port and every connection. */
  stop(): Promise<void>
}

/**
 * Listens with a TLS server of its own.
 * @param accept serves a client whose handshake is complete.
 * @throws the system's error when the port cannot be had (`EADDRINUSE`, `EACCES`).
 */
export function listenTls(
  accept: (socket: TLSSocket, client: ClientInfo) => void,
  options: TlsListenerOptions,
): Promise<TlsListener> {
  const server = createServer({
    ...{ ...TLS_SETTINGS, ...options.tls },
    handshakeTimeout: options.silenceSeconds * 1000,
  })
  server.on('secureConnection', (socket) => {
    accept(socket, clientInfo(socket))
  })
  return listenWith(server, options)
}

/**
 * Listens with a given server, such as an HTTPS server, which serves its secure connections itself.
 * @throws as `listenTls`.
 */
export async function listenWith(server: TlsServer, options: ServerListenerOptions): Promise<TlsListener> {
  const { faults, tlsVariants: variants, onTlsError, alpn, observer } = options
  let credentials = options.tls
  let stopping = false
  /** By peer: all open TCP connections. */
  const open = new Map<string, Socket>()
  /** Peers whose handshake has begun and is neither complete nor reported. */
  const handshakes = new Set<string>()

  const failed = (peer: string, error: NodeJS.ErrnoException): void => {
    if (!handshakes.delete(peer) || stopping) return
    observer?.failed(peer, error.code ?? 'unknown')
    onTlsError?.(peer, error)
  }
  const watch = (tls: TlsServer): void => {
    tls.on('tlsClientError', (error, socket) => {
      // Without an address the TCP connection is gone: its own close reports the failure.
      failed(peerOf(socket), error)
      socket.destroy()
    })
  }
  watch(server)
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const peer = peerOf(socket)
    handshakes.delete(peer)
    observer?.completed(socket)
    const tcp = open.get(peer)
    if (tcp !== undefined) rememberTcp(socket, tcp)
  })

  // The server's own listeners begin TLS; here they come after the faults.
  const begin = server.listeners('connection')
  server.removeAllListeners('connection')
  /** A server for one handshake with other settings; its secure connection is served as any other. */
  const beginWith = (socket: Socket, settings: TlsOptions): void => {
    const other = createServer({
      ...{ ...TLS_SETTINGS, handshakeTimeout: options.silenceSeconds * 1000 },
      ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
      ...settings,
    })
    watch(other)
    other.on('secureConnection', (secured) => server.emit('secureConnection', secured))
    other.emit('connection', socket)
  }
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    open.set(peer, socket)
    observer?.dialled(peer)
    const heard = limitSilence({
      clock: options.clock,
      ms: options.silenceSeconds * 1000,
      onSilence: () => {
        if (socket.bytesRead > 0) return
        handshakes.add(peer)
        failed(peer, SILENT)
        socket.destroy()
      },
    })
    socket.once('close', () => {
      heard()
      open.delete(peer)
      if (socket.bytesRead > 0) failed(peer, HUNG_UP)
      handshakes.delete(peer)
    })
    socket.on('error', () => socket.destroy())
    if (options.refuses?.() === true) {
      socket.resetAndDestroy()
      return
    }
    const fail = (error: unknown): void => {
      handshakes.add(peer)
      failed(peer, error instanceof Error ? error : new Error(String(error)))
      socket.destroy()
    }
    const afterHello = (start: () => void): void => {
      handshakes.add(peer)
      if (observer === undefined) start()
      else observer.hello(socket, start)
    }
    acceptTls({ faults, credentials: () => credentials, variants }, socket, {
      begin: () => {
        afterHello(() => {
          for (const listener of begin) Reflect.apply(listener, server, [socket])
        })
      },
      beginWith: (settings) => {
        afterHello(() => {
          try {
            beginWith(socket, settings)
          } catch (error) {
            fail(error)
          }
        })
      },
      fail,
    })
  })

  await listening(server, options.port, options.host)
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  return {
    port,
    updateTls: (next) => {
      credentials = next
      // A context has nothing of the one before it.
      server.setSecureContext({ ...TLS_SETTINGS, ...next })
    },
    stop: () =>
      new Promise((resolve) => {
        stopping = true
        server.close(() => {
          resolve()
        })
        for (const socket of open.values()) socket.destroy()
      }),
  }
}

const HUNG_UP: NodeJS.ErrnoException = Object.assign(new Error('the client closed the connection'), {
  code: 'ECONNRESET',
})

const SILENT: NodeJS.ErrnoException = Object.assign(new Error('the client sent nothing'), {
  code: 'ERR_TLS_HANDSHAKE_TIMEOUT',
})

function listening(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
