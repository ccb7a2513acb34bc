/** A second address of the bench: what arrives there goes on to the hub, byte for byte. */

import { connect, createServer, type Server, type Socket } from 'node:net'

export interface RelayOptions {
  readonly address: string
  /** Port here and at the hub. */
  readonly port: number
  readonly hubAddress: string
  /** Hears of each connection, by the `address:port` that the hub sees. */
  readonly relayed: (peer: string) => void
}

export class Relay {
  readonly address: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(options: RelayOptions, server: Server) {
    this.address = options.address
    this.#server = server
    server.on('connection', (socket) => {
      this.#pass(socket, options)
    })
  }

  /** @throws the system's error for an address that the bench does not have. */
  static async start(options: RelayOptions): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.address, resolve)
    })
    return new Relay(options, server)
  }

  stop(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #pass(socket: Socket, { port, hubAddress, relayed }: RelayOptions): void {
    const hub = connect({ port, host: hubAddress, allowHalfOpen: true })
    for (const [one, other] of [
      [socket, hub],
      [hub, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
    hub.once('connect', () => {
      relayed(`${hub.localAddress ?? ''}:${String(hub.localPort ?? 0)}`)
    })
  }
}
