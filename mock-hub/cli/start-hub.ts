/** Starts the hub that flags ask for. A default port that cannot be had gives way to another, with a line that says so. */

import type { MockHub } from '../host/mock-hub.ts'
import type { MockHubOptions } from '../host/options.ts'
import { startMockHub } from '../host/start.ts'
import { DEFAULT_PORTS, type Flags, hubOptions } from './flags.ts'

type PortName = 'mqttPort' | 'httpsPort' | 'amqpPort' | 'controlPort'
type Ports = Readonly<Record<PortName, number | false>>

/** Where each default goes when it cannot be had; 0: any free port. */
const SECOND_CHOICE: Readonly<Record<PortName, readonly number[]>> = {
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

/** A port was named and cannot be had. */
export class PortError extends Error {
  override readonly name = 'PortError'
}

/**
 * @param say told of each port that gave way, one line each.
 * @throws UsageError for flags, PortError for a named port that cannot be had.
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
      const why = reason(error as NodeJS.ErrnoException) // failedPort knows it
      const next = SECOND_CHOICE[failed][tried[failed] + 1]
      if (flags[failed] !== undefined || next === undefined)
        throw new PortError(`${FLAG[failed]}: port ${String(ports[failed])} ${why}`, { cause: error })
      say(
        `port ${String(ports[failed])} ${why}: taking ${next === 0 ? 'a free one' : String(next)} (${FLAG[failed]})`,
      )
      tried[failed] += 1
    }
  }
}

function choice(name: PortName, tried: Readonly<Record<PortName, number>>): number {
  return SECOND_CHOICE[name][tried[name]] ?? 0
}

function failedPort(error: unknown, ports: Ports): PortName | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return undefined
  return (Object.keys(FLAG) as PortName[]).find((name) => ports[name] === port && port !== 0)
}

function reason({ code }: NodeJS.ErrnoException): string {
  return code === 'EACCES' ? 'is not open to this user' : 'is in use'
}
