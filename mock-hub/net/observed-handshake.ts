/** Journals how each connection begins: `dialled`, `tls-hello`, `tls-ended`. Only with the option `observeHandshakes`. */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Hub } from '../core/contract/hub.ts'
import type { JournalEvent } from '../core/contract/journal.ts'
import { readClientHello } from './client-hello.ts'
import { peerOf } from './peer.ts'

type Protocol = Extract<JournalEvent, { type: 'dialled' }>['protocol']

/** What a listener reports; each call is about one connection. */
export interface HandshakeObserver {
  dialled(peer: string): void
  /** Reads the first bytes of a connection, puts them back, and lets it go on. */
  hello(socket: Socket, begin: () => void): void
  completed(socket: TLSSocket): void
  /** @param code of Node or OpenSSL. */
  failed(peer: string, code: string): void
}

/** @param port asked when something happens: a listener may have chosen it. */
export function handshakeObserver(
  { journal }: Pick<Hub, 'journal'>,
  protocol: Protocol,
  port: () => number,
): HandshakeObserver {
  return {
    dialled: (peer) => {
      journal.record({ type: 'dialled', protocol, port: port(), peer })
    },
    hello: (socket, begin) => {
      const peer = peerOf(socket)
      let read: Buffer = Buffer.alloc(0)
      const look = (bytes: Buffer): void => {
        read = Buffer.concat([read, bytes])
        const offer = readClientHello(read)
        if (offer === 'more') return
        socket.off('data', look)
        socket.pause()
        journal.record(
          offer === undefined
            ? { type: 'tls-hello', peer, clear: read.subarray(0, 16).toString('latin1') }
            : { type: 'tls-hello', peer, offer },
        )
        socket.unshift(read)
        begin()
      }
      socket.on('data', look)
    },
    completed: (socket) => {
      const cipher = socket.getCipher()
      journal.record({
        type: 'tls-ended',
        peer: peerOf(socket),
        finished: true,
        version: socket.getProtocol() ?? 'unknown',
        cipher: cipher.standardName,
      })
    },
    failed: (peer, code) => {
      const alert = alertOf(code)
      journal.record({
        type: 'tls-ended',
        peer,
        finished: false,
        code,
        ...(alert === undefined ? {} : { alert }),
      })
    },
  }
}

/** `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA` → `unknown_ca`; undefined: the client sent no alert. */
function alertOf(code: string): string | undefined {
  const found = /^ERR_SSL_(?:TLSV1|TLSV13|SSLV3)_ALERT_(\w+)$/.exec(code)?.[1]
  if (found !== undefined) return found.toLowerCase()
  return code === 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' ? 'unrecognized_name' : undefined
}
