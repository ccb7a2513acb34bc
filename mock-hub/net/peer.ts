/** What is known of a client before it speaks its protocol: its address, its TLS and its certificates. */

import type { Socket } from 'node:net'
import { TLSSocket, type DetailedPeerCertificate } from 'node:tls'
import type { JournalEvent, TlsFacts } from '../core/contract/journal.ts'

export interface ClientInfo {
  /** `address:port`. */
  readonly peer: string
  /** Undefined: the stream has no TLS. */
  readonly tls?: TlsFacts | undefined
  /** The TLS client certificate in DER, leaf first; undefined: the client sent none. */
  readonly certificates?: readonly Buffer[] | undefined
  /** It upgraded on a path on which only the provisioning service is served. */
  readonly onlyProvisioning?: boolean | undefined
  /** Ends the connection with a TCP reset; undefined: that is not possible. */
  readonly reset?: (() => void) | undefined
}

/** A client of a protocol that carries devices. */
export interface ProtocolClientInfo<
  Transport extends 'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws',
> extends ClientInfo {
  readonly transport: Transport
}

/** The journal's entry for a connection that has been accepted. */
export function linkOpened(
  linkId: string,
  { transport, peer, tls }: ProtocolClientInfo<'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws'>,
): Extract<JournalEvent, { type: 'link-opened' }> {
  return { type: 'link-opened', linkId, transport, peer, ...(tls === undefined ? {} : { tls }) }
}

/** The TCP connection below each TLS connection: only that one can be reset. */
const below = new WeakMap<Socket, Socket>()

export function rememberTcp(secured: Socket, tcp: Socket): void {
  below.set(secured, tcp)
}

/** @param socket of a connection whose TLS handshake is complete. */
export function clientInfo(socket: Socket): ClientInfo {
  const tcp = below.get(socket)
  return {
    peer: peerOf(socket),
    tls: tlsFacts(socket),
    certificates: certificateChain(socket),
    reset: tcp && (() => tcp.resetAndDestroy()),
  }
}

export function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress}:${remotePort}`
}

/** The certificates that a TLS client has sent, in DER, leaf first; undefined: none. */
export function certificateChain(socket: Socket): readonly Buffer[] | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const chain: Buffer[] = []
  // For a client without a certificate this is an empty object, whatever the types say.
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && !chain.some((seen) => next?.raw?.equals(seen))) {
    chain.push(next.raw)
    next = next.issuerCertificate
  }
  return chain.length === 0 ? undefined : chain
}

function tlsFacts(socket: Socket): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  // On a server's socket: the name, `false` when the client named none, or nothing. The types do not have it.
  const { servername } = socket as { readonly servername?: string | false | null }
  return {
    version: socket.getProtocol() ?? 'unknown',
    serverName: servername || undefined,
    resumed: socket.isSessionReused(),
  }
}
