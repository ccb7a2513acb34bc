/** What is known of a client before it has said a word of MQTT. */

import type { TlsFacts } from '../core/contract/journal.ts'

export interface ConnectionInfo {
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly peer: string
  readonly tls?: TlsFacts | undefined
  /** The TLS client certificate in DER, leaf first. */
  readonly certificates?: readonly Buffer[] | undefined
  /** Ends the connection with a TCP reset; left out: it is just destroyed. */
  readonly reset?: (() => void) | undefined
}

/** What of it the journal keeps. */
export function journalled({
  transport,
  peer,
  tls,
}: ConnectionInfo): Pick<ConnectionInfo, 'transport' | 'peer'> & { readonly tls?: TlsFacts } {
  return { transport, peer, ...(tls === undefined ? {} : { tls }) }
}
