/** Whether a hub can listen where SDKs dial. */

import { SDK_PORTS } from '../../host/sdk-ports.ts'
import { CONTROL_PORT } from '../flags.ts'
import { freeLoopbackAddress, tryToListen } from '../free-address.ts'
import { findingsOf, type Finding } from './finding.ts'

const { ok, note, problem } = findingsOf('ports')

/** @param running whether a hub answers at the control API: it holds the ports. */
export async function portFindings(address: string, running: boolean): Promise<readonly Finding[]> {
  const ports = [
    ...([SDK_PORTS.mqtt, SDK_PORTS.https, SDK_PORTS.amqp] as const),
    ...(address === '127.0.0.1' ? [CONTROL_PORT] : []),
  ]
  const found = await Promise.all(
    ports.map(async (port) => portFinding(port, address, await tryToListen(port, address), running)),
  )
  const other = await freeLoopbackAddress(Object.values(SDK_PORTS))
  return [
    ...found,
    other === undefined
      ? note(
          'there is no second loopback address, so hubs side by side share ports',
          'add one, for example on macOS: sudo ifconfig lo0 alias 127.0.0.2',
        )
      : ok(`hubs side by side can use ${other}: --listen ${other}, or --parallel`),
  ]
}

function portFinding(port: number, address: string, result: string, running: boolean): Finding {
  const at = `${String(port)} on ${address}`
  switch (result) {
    case 'free':
      return ok(`${at} is free`)
    case 'EADDRINUSE':
      return running
        ? ok(`${at} is in use; a hub is running`)
        : problem(`${at} is in use by another program`, 'end it, or use --parallel or --listen 127.0.0.2')
    case 'EACCES':
      return problem(
        `${at} needs more permissions; without it there are no uploads and no WebSocket for SDKs that dial 443`,
        'run as root, or on Linux: sudo sysctl net.ipv4.ip_unprivileged_port_start=443',
      )
    case 'EADDRNOTAVAIL':
      return problem(`${address} is not an address of this machine`, 'name another one with --listen')
    default:
      return problem(`${at}: ${result}`)
  }
}
