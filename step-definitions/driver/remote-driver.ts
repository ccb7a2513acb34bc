/**
 * A client under test in another process or on another machine. Sends requests of the driver protocol as lines of JSON
 * and validates each reply and event.
 */

import type { DriverTransport, OpenTransport } from './driver-transport.ts'
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

/** The longest time without a reply or a heartbeat. */
const SILENCE_LIMIT_SECONDS = 30

/** Runs `run` after seconds of real time. @returns a function that cancels it. */
export type Alarm = (seconds: number, run: () => void) => () => void

interface Waiting {
  settle(reply: DriverReply): void
  fail(error: HarnessError): void
  stopAlarm: () => void
}

export class RemoteDriver implements ClientDriver {
  readonly #transport: DriverTransport
  readonly #alarm: Alarm
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(event: DriverEvent) => void>()
  readonly #output: string[] = []
  #hello: Hello | undefined
  #lastId = 0
  #dead: HarnessError | undefined

  private constructor(open: OpenTransport, alarm: Alarm) {
    this.#alarm = alarm
    this.#transport = open({
      line: (text) => {
        this.#receive(text)
      },
      note: (text) => this.#output.push(text),
      ended: (why) => {
        this.#end(why)
      },
    })
  }

  /**
   * Opens the transport and sends `hello`.
   * @param open see `processTransport` and `httpTransport`.
   * @param alarm the system clock.
   * @throws HarnessError when the driver cannot be reached, supports another protocol, or violates it.
   */
  static async start(open: OpenTransport, alarm: Alarm): Promise<RemoteDriver> {
    const driver = new RemoteDriver(open, alarm)
    try {
      driver.#hello = driver.#assertHello(await driver.request({ do: 'hello', suite: '0.1.0' }))
      return driver
    } catch (error) {
      driver.abandon() // the caller has no reference to it
      throw error
    }
  }

  get hello(): Hello {
    if (this.#hello === undefined) throw this.#error('the driver has not replied to hello')
    return this.#hello
  }

  /** The driver has ended or violated the protocol. */
  get dead(): boolean {
    return this.#dead !== undefined
  }

  /** The output on stderr, for reports. */
  get output(): readonly string[] {
    return this.#output
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
      this.#transport.send(JSON.stringify({ v: PROTOCOL, id, ...request }))
      this.#watch()
    })
  }

  /** Kills the driver and fails all pending requests. */
  abandon(why = 'the driver did not end its clients and was killed'): void {
    this.#end(why)
    this.#transport.kill()
  }

  async stop(): Promise<void> {
    if (this.#dead !== undefined) return
    // Heartbeats no longer extend the limit.
    const stopAlarm = this.#alarm(SILENCE_LIMIT_SECONDS, () => {
      this.abandon('the driver did not stop')
    })
    await this.request({ do: 'stop' }).catch(() => undefined)
    await this.#transport.close()
    stopAlarm()
  }

  #assertHello(reply: DriverReply): Hello {
    if (!('ok' in reply)) throw this.#error(`the driver rejected hello: ${JSON.stringify(reply)}`)
    const hello = assertHello(reply.ok)
    if (hello.protocol === PROTOCOL) return hello
    throw this.#error(
      `the driver supports protocol ${String(hello.protocol)}, this suite protocol ${String(PROTOCOL)}`,
    )
  }

  /** Every line restarts the limit of all pending requests. */
  #watch(): void {
    for (const waiting of this.#waiting.values()) {
      waiting.stopAlarm()
      waiting.stopAlarm = this.#alarm(SILENCE_LIMIT_SECONDS, () => {
        this.abandon(`no reply and no heartbeat for ${String(SILENCE_LIMIT_SECONDS)} s`)
      })
    }
  }

  #receive(line: string): void {
    try {
      const message: unknown = JSON.parse(line)
      if (typeof message === 'object' && message !== null && 'event' in message) {
        const event = assertEvent(message)
        for (const listener of this.#listeners) listener(event)
      } else {
        const { id, reply } = assertReply(message)
        const waiting = this.#waiting.get(id)
        if (waiting === undefined) throw new HarnessError(`a reply to ${String(id)}, which has no request`)
        waiting.stopAlarm()
        this.#waiting.delete(id)
        waiting.settle(reply)
      }
      this.#watch()
    } catch (error) {
      this.abandon(`a line of the driver violates the protocol: ${String(error)}: ${line.slice(0, 200)}`)
    }
  }

  #end(why: string): void {
    this.#dead ??= this.#error(why)
    for (const waiting of this.#waiting.values()) {
      waiting.stopAlarm()
      waiting.fail(this.#dead)
    }
    this.#waiting.clear()
  }

  #error(why: string): HarnessError {
    return new HarnessError([why, ...this.#output.slice(-5)].join('\n'))
  }
}
