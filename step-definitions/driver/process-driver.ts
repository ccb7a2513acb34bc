/** A client under test behind a program that speaks the driver protocol: one JSON object a line on stdin and stdout. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import {
  HarnessError,
  type ClientDriver,
  type DriverEvent,
  type DriverReply,
  type DriverRequest,
  type Hello,
  PROTOCOL,
} from './client-driver.ts'
import { assertEvent, assertHello, assertReply } from './protocol-schemas.ts'

/** A silent driver is given up after so many seconds without an answer or a heartbeat. */
const PATIENCE_SECONDS = 10

/** Runs `run` after so many seconds of the system's time. @returns cancels. */
export type Alarm = (seconds: number, run: () => void) => () => void

interface Waiting {
  settle(reply: DriverReply): void
  fail(error: HarnessError): void
  stopAlarm: () => void
}

export class ProcessDriver implements ClientDriver {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #alarm: Alarm
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(event: DriverEvent) => void>()
  readonly #said: string[] = []
  #hello: Hello | undefined
  #lastId = 0
  #dead: HarnessError | undefined

  private constructor(command: readonly string[], alarm: Alarm) {
    const [program = '', ...rest] = command
    this.#alarm = alarm
    this.#child = spawn(program, rest, { stdio: 'pipe' })
    this.#child.on('error', (error) => {
      this.#die(`the driver cannot be started: ${error.message}`)
    })
    this.#child.on('exit', (code, signal) => {
      this.#die(`the driver has ended with ${signal ?? `exit code ${String(code)}`}`)
    })
    this.#child.stdin.on('error', () => undefined) // its exit says more
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#hear(line)
    })
    createInterface(this.#child.stderr).on('line', (line) => this.#said.push(line))
  }

  /**
   * Starts the program and greets it.
   * @param command program and arguments.
   * @param alarm the system's time.
   * @throws HarnessError when it cannot be started, speaks another protocol, or nonsense.
   */
  static async start(command: readonly string[], alarm: Alarm): Promise<ProcessDriver> {
    const driver = new ProcessDriver(command, alarm)
    try {
      driver.#hello = driver.#greeted(await driver.request({ do: 'hello', suite: '0.1.0' }))
      return driver
    } catch (error) {
      driver.abandon() // nobody else knows of it
      throw error
    }
  }

  get hello(): Hello {
    if (this.#hello === undefined) throw this.#harness('the driver has not been greeted')
    return this.#hello
  }

  /** It has ended, or broken the protocol. */
  get dead(): boolean {
    return this.#dead !== undefined
  }

  /** What the driver wrote to stderr, for reports. */
  get said(): readonly string[] {
    return this.#said
  }

  onEvent(listener: (event: DriverEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  request(request: DriverRequest): Promise<DriverReply> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead)
    const id = ++this.#lastId
    return new Promise((settle, fail) => {
      this.#waiting.set(id, { settle, fail, stopAlarm: () => undefined })
      this.#child.stdin.write(`${JSON.stringify({ v: PROTOCOL, id, ...request })}\n`)
      this.#watch()
    })
  }

  /** Ends it by force; whoever waits is told. */
  abandon(why = 'the driver did not end its clients and was ended itself'): void {
    this.#die(why)
    this.#child.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#dead !== undefined) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    // Heartbeats do not count any more.
    const stopAlarm = this.#alarm(PATIENCE_SECONDS, () => this.#child.kill('SIGKILL'))
    await this.request({ do: 'stop' }).catch(() => undefined)
    this.#child.stdin.end()
    await exited
    stopAlarm()
  }

  #greeted(reply: DriverReply): Hello {
    if (!('ok' in reply)) throw this.#harness(`the driver refused the greeting: ${JSON.stringify(reply)}`)
    const hello = assertHello(reply.ok)
    if (hello.protocol === PROTOCOL) return hello
    throw this.#harness(
      `the driver speaks protocol ${String(hello.protocol)}, this suite ${String(PROTOCOL)}`,
    )
  }

  /** Any sign of life starts the patience of all that wait anew. */
  #watch(): void {
    for (const waiting of this.#waiting.values()) {
      waiting.stopAlarm()
      waiting.stopAlarm = this.#alarm(PATIENCE_SECONDS, () => {
        this.#die(`the driver was silent for ${String(PATIENCE_SECONDS)} s, without a heartbeat`)
        this.#child.kill('SIGKILL')
      })
    }
  }

  #hear(line: string): void {
    try {
      const said: unknown = JSON.parse(line)
      if (typeof said === 'object' && said !== null && 'event' in said) {
        const event = assertEvent(said)
        for (const listener of this.#listeners) listener(event)
      } else {
        const { id, reply } = assertReply(said)
        const waiting = this.#waiting.get(id)
        if (waiting === undefined) throw new HarnessError(`an answer to ${String(id)}, which nobody asked`)
        waiting.stopAlarm()
        this.#waiting.delete(id)
        waiting.settle(reply)
      }
      this.#watch()
    } catch (error) {
      this.#die(`the driver's line breaks the protocol: ${String(error)}: ${line.slice(0, 200)}`)
      this.#child.kill('SIGKILL')
    }
  }

  #die(why: string): void {
    this.#dead ??= this.#harness(why)
    for (const waiting of this.#waiting.values()) {
      waiting.stopAlarm()
      waiting.fail(this.#dead)
    }
    this.#waiting.clear()
  }

  #harness(why: string): HarnessError {
    return new HarnessError([why, ...this.#said.slice(-5)].join('\n'))
  }
}
