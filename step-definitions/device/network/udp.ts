/** What the responders of the bench share: one UDP socket each. */

import { createSocket, type Socket } from 'node:dgram'

/** Where a responder listens. */
export interface UdpAddress {
  readonly address: string
  /** 0: any free port. */
  readonly port: number
}

export abstract class UdpResponder {
  readonly #socket: Socket

  /** @param socket it listens already. */
  protected constructor(socket: Socket) {
    this.#socket = socket
  }

  get port(): number {
    return this.#socket.address().port
  }

  stop(): void {
    this.#socket.close()
  }
}

/** A UDP socket that listens. @throws the system's error. */
export function boundSocket({ port, address }: UdpAddress): Promise<Socket> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, address, () => {
      socket.off('error', reject)
      // A device that is gone answers with ICMP.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}
