/** Starts a server of this folder in its own process and communicates with it over Node's IPC channel. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** The message of a server when it listens. */
export interface Ready {
  readonly mqttPort: number
  readonly httpsPort?: number
  readonly caPem: string
  /** Service connection string of a hub. */
  readonly serviceConnectionString?: string
  readonly amqpPort?: number
  readonly controlUrl?: string
  readonly eventHubConnectionString?: string
  /** Of the provisioning service beside a hub. */
  readonly idScope?: string
}

/** Resources a server has used so far. */
export interface Usage {
  /** User and system CPU in microseconds. */
  readonly cpuMicros: number
  readonly rssBytes: number
}

export interface ServerProcess {
  readonly ready: Ready
  usage(): Promise<Usage>
  /** Sends a command and waits for its response. */
  ask(command: object): Promise<unknown>
  stop(): Promise<void>
}

/** `BENCH_PROFILE=DIRECTORY`: each server writes a CPU profile there, for Chromium's developer tools. */
const DIRECTORY = process.env['BENCH_PROFILE']
const PROFILING = DIRECTORY === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${DIRECTORY}`]

/** @param name file of this folder without its extension. */
export async function startServer(name: string, options: object = {}): Promise<ServerProcess> {
  const child = fork(new URL(`./${name}.ts`, import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--import=tsx', '--expose-gc', ...PROFILING],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const [ready] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]: unknown[]) => {
      throw new Error(`bench server ${name} ended with code ${String(code)} before it listened`)
    }),
  ])) as [Ready]
  const ask = async (command: object): Promise<unknown> => {
    child.send(command)
    const [answer] = (await once(child, 'message')) as [unknown]
    return answer
  }
  return {
    ready,
    ask,
    usage: async () => (await ask({ do: 'usage' })) as Usage,
    stop: () => stop(child),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

function ownUsage(): Usage {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  return { cpuMicros: cpu.user + cpu.system, rssBytes: process.memoryUsage.rss() }
}

/**
 * The server's side: a server calls this function when it listens.
 * @param answer responds to commands other than `usage`.
 * @param usage that of another process, if the server is not this process.
 */
export function serve(
  ready: Ready,
  answer: (command: { readonly do: string }) => unknown = () => undefined,
  usage: () => Usage = ownUsage,
): void {
  process.on('message', (command: { readonly do: string }) => {
    if (command.do === 'usage') {
      process.send?.(usage())
      return
    }
    void Promise.resolve(answer(command)).then((value) => process.send?.(value ?? {}))
  })
  // Node writes profiles only at an orderly exit.
  process.once('SIGTERM', () => process.exit())
  process.send?.(ready)
}
