/** What is known of a client before it has said a word of MQTT. */

export interface ConnectionInfo {
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly peer: string
  /** The TLS client certificate in DER, leaf first. */
  readonly certificates?: readonly Buffer[] | undefined
  /** Ends the connection with a TCP reset; left out: it is just destroyed. */
  readonly reset?: (() => void) | undefined
}
