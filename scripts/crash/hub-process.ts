/** The hub as a command in a process of its own, which can be killed. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface RunningHub {
  readonly hostName: string
  /** The address that it listens on. */
  readonly address: string
  readonly mqttPort: number
  readonly httpsPort: number
  readonly amqpPort: number
  readonly controlUrl: string
  readonly ca: string
  readonly serviceConnectionString: string
  readonly process: ChildProcess
}

export interface HubCommand {
  /** Program and its first arguments. */
  readonly command: readonly string[]
  readonly directory: string
  readonly durability: string
  /** Default: free ones. */
  readonly ports?: Readonly<Record<'mqttPort' | 'httpsPort' | 'amqpPort', number>> | undefined
}

/** Starts the hub. @throws Error with what it said when it does not become ready. */
export async function startHub({ command, directory, durability, ports }: HubCommand): Promise<RunningHub> {
  const [program = '', ...first] = command
  const { mqttPort = 0, httpsPort = 0, amqpPort = 0 } = ports ?? {}
  const flags = [
    ...['--mqtt-port', String(mqttPort), '--https-port', String(httpsPort)],
    ...['--amqp-port', String(amqpPort), '--control-port', '0'],
  ]
  const setting = 'telemetryRetained=200000'
  const child = spawn(
    program,
    [
      ...first,
      ...['--data', directory, '--durability', durability, '--dir', `${directory}-ca`],
      ...flags,
      ...['--setting', setting, '--quiet', '--json'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const lines = createInterface({ input: child.stdout })
  const ready = await Promise.race([
    (async () => {
      for await (const line of lines) {
        if (line.includes('"ready":true')) return JSON.parse(line) as Record<string, unknown>
        said += `${line}\n`
      }
      return undefined
    })(),
    once(child, 'exit').then(() => undefined),
  ])
  if (ready === undefined) throw new Error(`the hub did not start: ${said}`)
  child.stdout.resume()
  return {
    ...(ready as unknown as Omit<RunningHub, 'ca' | 'process'>),
    ca: readFileSync(String(ready['caPath']), 'utf8'),
    process: child,
  }
}

export async function kill({ process: child }: RunningHub): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
