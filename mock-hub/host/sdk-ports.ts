/** The ports that SDKs dial, and a loopback address where they are free. */

import { InvalidInput } from '../base/invalid-input.ts'

export interface SdkPorts {
  readonly mqtt: number
  readonly https: number
  readonly amqp: number
}

/** No connection string has a port: every SDK dials these. */
export const SDK_PORTS: SdkPorts = { mqtt: 8883, https: 443, amqp: 5671 }
/** In place of 443, which ordinary users may not open on most systems. */
export const HTTPS_WITHOUT_RIGHTS = 8443
const LAST_ADDRESS = 254

/**
 * Starts at the first of 127.0.0.1, 127.0.0.2 … where the ports are free. Opening them decides: of several hubs that
 * start at once, each gets an address of its own.
 * @throws what `start` throws, unless a port is taken; InvalidInput when there is no further address.
 */
export async function atOwnAddress<T>(start: (address: string, ports: SdkPorts) => Promise<T>): Promise<T> {
  let ports = SDK_PORTS
  for (let last = 1; last <= LAST_ADDRESS;) {
    const address = `127.0.0.${String(last)}`
    try {
      return await start(address, ports)
    } catch (error) {
      const {
        code,
        port,
        address: refused,
      } = error as Partial<NodeJS.ErrnoException & { port: number; address: string }>
      if (code === 'EACCES' && port === SDK_PORTS.https) ports = { ...ports, https: HTTPS_WITHOUT_RIGHTS }
      else if (code === 'EADDRINUSE' && refused === address) last += 1
      else if (code === 'EADDRNOTAVAIL' && last > 1) return noFurther(last - 1)
      else throw error
    }
  }
  return noFurther(LAST_ADDRESS)
}

function noFurther(taken: number): never {
  const rule = `to be false: the ports are taken on all ${String(taken)} loopback addresses of this system`
  throw new InvalidInput('startMockHub', 'parallel', rule, true)
}
