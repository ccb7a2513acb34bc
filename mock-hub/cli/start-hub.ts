/** Starts the hub that the flags ask for. If a default port is not available, the hub uses another one and logs it. */

import { resolve } from 'node:path'
import type { MockHub } from '../host/mock-hub.ts'
import type { MockHubOptions } from '../host/options.ts'
import { HTTPS_WITHOUT_RIGHTS, SDK_PORTS } from '../host/sdk-ports.ts'
import { startMockHub } from '../host/start.ts'
import { CONTROL_PORT, type Flags } from './flags.ts'
import { freeLoopbackAddress } from './free-address.ts'
import { hubOptions, workloadAt } from './hub-options.ts'
import { registerMissing } from './seed-flags.ts'

type PortName = 'mqttPort' | 'httpsPort' | 'amqpPort' | 'controlPort'
type Ports = Readonly<Record<PortName, number | false | undefined>>

/** The ports to try when a flag names none; 0: any free port. The first one is what SDKs dial. */
const CHOICES: Readonly<Record<PortName, readonly number[]>> = {
  mqttPort: [SDK_PORTS.mqtt, 0],
  httpsPort: [SDK_PORTS.https, HTTPS_WITHOUT_RIGHTS, 0],
  amqpPort: [SDK_PORTS.amqp, 0],
  controlPort: [CONTROL_PORT, 0],
}
const FLAG: Readonly<Record<PortName, string>> = {
  mqttPort: '--mqtt-port',
  httpsPort: '--https-port',
  amqpPort: '--amqp-port',
  controlPort: '--control-port',
}

/** A port that a flag names, or that SDKs dial and may not change, is not available. */
export class PortError extends Error {
  override readonly name = 'PortError'
}

export interface StartRequest extends Pick<MockHubOptions, 'logger' | 'rsaCertificate'> {
  /** Further roots that X.509 CA devices may chain to, in PEM. */
  readonly deviceAuthorities?: readonly string[]
  /** Whether another hub or program at a port that SDKs dial is an error. */
  readonly takenIsError: boolean
}

/**
 * @param say receives one line for each default port that is not available.
 * @throws UsageError for invalid flags; PortError for a port that is not available and may not be another.
 */
export async function startHub(
  flags: Flags,
  say: (line: string) => void,
  { deviceAuthorities = [], takenIsError, ...more }: StartRequest,
): Promise<MockHub> {
  const options = { ...(await hubOptions(flags)), ...more }
  const trustedAuthorities = [...(options.trustedAuthorities ?? []), ...deviceAuthorities]
  const tried: Record<PortName, number> = { mqttPort: 0, httpsPort: 0, amqpPort: 0, controlPort: 0 }
  // A hub with an address of its own chooses by itself.
  const choice = (name: PortName): number | undefined =>
    flags[name] ?? (flags.parallel && name !== 'controlPort' ? undefined : CHOICES[name][tried[name]])
  for (;;) {
    const ports: Ports = {
      mqttPort: choice('mqttPort'),
      httpsPort: choice('httpsPort'),
      amqpPort: flags.amqp && choice('amqpPort'),
      controlPort: choice('controlPort'),
    }
    // `ports.mqttPort` and `ports.httpsPort` are never false.
    const chosen = ports as Pick<MockHubOptions, PortName>
    try {
      const hub = await startMockHub({ ...options, trustedAuthorities, ...chosen })
      if (hub.state?.endsWith(', new)') === false) {
        registerMissing(hub, flags, options.keyOf)
        if (flags.seed !== undefined)
          say(`${flags.data ?? ''} has state already: --seed waits for a reset, or for --fresh`)
      }
      return hub
    } catch (error) {
      if (isTaken(error, options.workload?.socketPath)) {
        // Another hub in this directory was a moment faster.
        options.workload = await workloadAt(resolve(flags.dir))
        continue
      }
      const failed = failedPort(error, ports)
      if (failed === undefined) throw error
      const { code } = error as NodeJS.ErrnoException // failedPort has checked it
      const why = `port ${String(ports[failed])} ${code === 'EACCES' ? 'needs more permissions' : 'is in use'}`
      const isSdkPort = failed !== 'controlPort' && tried[failed] === 0
      const isFixed = isSdkPort && (flags.fixedPorts || (takenIsError && code === 'EADDRINUSE'))
      const next = CHOICES[failed][tried[failed] + 1]
      if (flags[failed] !== undefined || next === undefined || isFixed)
        throw new PortError(`${FLAG[failed]}: ${why}${await remedy(failed, code, flags)}`, { cause: error })
      say(`${why}; using ${next === 0 ? 'a free port' : `port ${String(next)}`} (${FLAG[failed]})`)
      tried[failed] += 1
    }
  }
}

function isTaken(error: unknown, path: string | undefined): boolean {
  const { code, address } = error as Partial<NodeJS.ErrnoException & { address: string }>
  return code === 'EADDRINUSE' && path !== undefined && address === path
}

function failedPort(error: unknown, ports: Ports): PortName | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return undefined
  return (Object.keys(FLAG) as PortName[]).find((name) => ports[name] === port && port !== 0)
}

/** What the person can do about a port that is not available. */
async function remedy(failed: PortName, code: string | undefined, flags: Flags): Promise<string> {
  if (flags[failed] !== undefined) return ''
  const flag = FLAG[failed]
  if (code === 'EACCES')
    return `, and SDKs dial no other: run as root, allow it (on Linux, sysctl net.ipv4.ip_unprivileged_port_start=443), or name another (${flag} ${String(HTTPS_WITHOUT_RIGHTS)})`
  const address = await freeLoopbackAddress(Object.values(SDK_PORTS))
  const own =
    address === undefined ? '' : `use an address of its own (--listen ${address}, or --parallel), or `
  return `, and SDKs dial no other: ${own}take any free port (${flag} 0)`
}
