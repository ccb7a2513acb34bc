/** A look at the network between client and hub: passes everything on and reads the first TLS message of the client. */

import { connect, createServer, type Socket } from 'node:net'

/** What a client says before encryption starts (RFC 8446, 4.1.2). */
export interface ClientHello {
  readonly serverName: string | undefined
  /** Numbers of the cipher suites, in the client's order. */
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
    const onward = connect(hubPort, address)
    for (const end of [socket, onward]) {
      sockets.add(end)
      end.on('error', () => end.destroy())
      end.once('close', () => {
        sockets.delete(end)
        socket.destroy()
        onward.destroy()
      })
    }
    socket.once('data', (bytes) => hellos.push(readClientHello(bytes)))
    socket.pipe(onward).pipe(socket)
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

/** Record header 5 bytes, handshake header 4, version 2, random 32; then session id, suites, compression, extensions. */
export function readClientHello(bytes: Buffer): ClientHello {
  let here = 43
  here += 1 + bytes.readUInt8(here)
  const suitesEnd = here + 2 + bytes.readUInt16BE(here)
  const cipherSuites: number[] = []
  for (here += 2; here < suitesEnd; here += 2) cipherSuites.push(bytes.readUInt16BE(here))
  here += 1 + bytes.readUInt8(here)
  const end = Math.min(bytes.length, here + 2 + bytes.readUInt16BE(here))
  here += 2
  while (here + 4 <= end) {
    const type = bytes.readUInt16BE(here)
    const length = bytes.readUInt16BE(here + 2)
    // server_name: list length 2, type 1, name length 2, name.
    if (type === 0) {
      return { serverName: bytes.toString('ascii', here + 9, here + 4 + length), cipherSuites }
    }
    here += 4 + length
  }
  return { serverName: undefined, cipherSuites }
}
