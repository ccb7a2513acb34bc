/** What is known of a client before its first packet. */

import type { TlsFacts } from '../core/contract/journal.ts'

/** MQTT over TLS, or over WebSocket. */
export type MqttTransport = 'mqtt' | 'mqtt-ws'

export interface ConnectionInfo {
  readonly transport: MqttTransport
  readonly peer: string
  readonly tls?: TlsFacts | undefined
  /** The TLS client certificate in DER, leaf first. */
  readonly certificates?: readonly Buffer[] | undefined
  /** Ends the connection with a TCP reset; left out: the stream is destroyed. */
  readonly reset?: (() => void) | undefined
}

/** What the journal keeps of it. */
export function journalled({
  transport,
  peer,
  tls,
}: ConnectionInfo): Pick<ConnectionInfo, 'transport' | 'peer'> & { readonly tls?: TlsFacts } {
  return { transport, peer, ...(tls === undefined ? {} : { tls }) }
}
