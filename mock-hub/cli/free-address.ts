/** Looks for a loopback address where ports are free. */

import { createServer, type Server } from 'node:net'

const LAST = 32

/** @returns the first of 127.0.0.2 … where a server can listen on each of these ports; undefined: there is none. */
export async function freeLoopbackAddress(ports: readonly number[]): Promise<string | undefined> {
  for (let last = 2; last <= LAST; last += 1) {
    const address = `127.0.0.${String(last)}`
    const results = await Promise.all(ports.map((port) => tryToListen(port, address)))
    if (results.includes('EADDRNOTAVAIL')) return undefined
    // A port that needs more permissions needs them on every address.
    if (results.every((result) => result === 'free' || result === 'EACCES')) return address
  }
  return undefined
}

/** @returns `free`, or the code of the system. */
export function tryToListen(port: number, address: string): Promise<string> {
  return new Promise((resolve) => {
    const server: Server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? 'unknown')
    })
    server.listen(port, address, () => {
      server.close(() => {
        resolve('free')
      })
    })
  })
}
