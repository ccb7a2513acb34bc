/** Starts the hub that the flags ask for. If a default port is not available, the hub uses another one and logs it. */

import type { MockHub } from '../host/mock-hub.ts'
import type { MockHubOptions } from '../host/options.ts'
import { startMockHub } from '../host/start.ts'
import { DEFAULT_PORTS, type Flags } from './flags.ts'
import { hubOptions } from './hub-options.ts'

type PortName = 'mqttPort' | 'httpsPort' | 'amqpPort' | 'controlPort'
type Ports = Readonly<Record<PortName, number | false>>

/** The ports to try when a flag names none; 0: any free port. */
const CHOICES: Readonly<Record<PortName, readonly number[]>> = {
  mqttPort: [DEFAULT_PORTS.mqtt, 0],
  httpsPort: [DEFAULT_PORTS.https, 8443, 0],
  amqpPort: [DEFAULT_PORTS.amqp, 0],
  controlPort: [DEFAULT_PORTS.control, 0],
}
const FLAG: Readonly<Record<PortName, string>> = {
  mqttPort: '--mqtt-port',
  httpsPort: '--https-port',
  amqpPort: '--amqp-port',
  controlPort: '--control-port',
}

/** A port that a flag names is not available. */
export class PortError extends Error {
  override readonly name = 'PortError'
}

/**
 * @param say receives one line for each default port that is not available.
 * @throws UsageError for invalid flags, PortError for a named port that is not available.
 */
export async function startHub(
  flags: Flags,
  say: (line: string) => void,
  more: Pick<MockHubOptions, 'logger'> = {},
): Promise<MockHub> {
  const options = { ...(await hubOptions(flags)), ...more }
  const tried: Record<PortName, number> = { mqttPort: 0, httpsPort: 0, amqpPort: 0, controlPort: 0 }
  for (;;) {
    const ports = {
      mqttPort: flags.mqttPort ?? choice('mqttPort', tried),
      httpsPort: flags.httpsPort ?? choice('httpsPort', tried),
      amqpPort: flags.amqp && (flags.amqpPort ?? choice('amqpPort', tried)),
      controlPort: flags.controlPort ?? choice('controlPort', tried),
    }
    try {
      return await startMockHub({ ...options, ...ports })
    } catch (error) {
      const failed = failedPort(error, ports)
      if (failed === undefined) throw error
      const why = reasonOf(error as NodeJS.ErrnoException) // failedPort has checked its code
      const next = CHOICES[failed][tried[failed] + 1]
      if (flags[failed] !== undefined || next === undefined)
        throw new PortError(`${FLAG[failed]}: port ${String(ports[failed])} ${why}`, { cause: error })
      say(
        `port ${String(ports[failed])} ${why}; using ${next === 0 ? 'a free port' : `port ${String(next)}`} (${FLAG[failed]})`,
      )
      tried[failed] += 1
    }
  }
}

function choice(name: PortName, tried: Readonly<Record<PortName, number>>): number {
  return CHOICES[name][tried[name]] ?? 0
}

function failedPort(error: unknown, ports: Ports): PortName | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return undefined
  return (Object.keys(FLAG) as PortName[]).find((name) => ports[name] === port && port !== 0)
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  return code === 'EACCES' ? 'needs more permissions' : 'is in use'
}
