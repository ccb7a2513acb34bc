/** Watches the network between client and hub: forwards everything and reads the first TLS message of the client. */

import { connect, createServer, type Socket } from 'node:net'

/** The first message of a TLS client (RFC 8446, 4.1.2). */
export interface ClientHello {
  readonly serverName: string | undefined
  /** The numbers of the cipher suites, in the order of the client. */
  readonly cipherSuites: readonly number[]
}

export interface Tap {
  readonly port: number
  readonly hellos: readonly ClientHello[]
  stop(): Promise<void>
}

export async function startTap(address: string, hubPort: number): Promise<Tap> {
  const hellos: ClientHello[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const upstream = connect(hubPort, address)
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => end.destroy())
      end.once('close', () => {
        sockets.delete(end)
        socket.destroy()
        upstream.destroy()
      })
    }
    socket.once('data', (bytes) => hellos.push(readClientHello(bytes)))
    socket.pipe(upstream).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    hellos,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/**
 * Record header 5 bytes, handshake header 4, version 2, random 32; then session id, suites, compression, extensions.
 */
export function readClientHello(bytes: Buffer): ClientHello {
  let offset = 43
  offset += 1 + bytes.readUInt8(offset)
  const suitesEnd = offset + 2 + bytes.readUInt16BE(offset)
  const cipherSuites: number[] = []
  for (offset += 2; offset < suitesEnd; offset += 2) cipherSuites.push(bytes.readUInt16BE(offset))
  offset += 1 + bytes.readUInt8(offset)
  const end = Math.min(bytes.length, offset + 2 + bytes.readUInt16BE(offset))
  offset += 2
  while (offset + 4 <= end) {
    const type = bytes.readUInt16BE(offset)
    const length = bytes.readUInt16BE(offset + 2)
    // server_name: list length 2, type 1, name length 2, name.
    if (type === 0) {
      return { serverName: bytes.toString('ascii', offset + 9, offset + 4 + length), cipherSuites }
    }
    offset += 4 + length
  }
  return { serverName: undefined, cipherSuites }
}
