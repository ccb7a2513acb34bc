/**
 * A client under test in another process or on another machine, which speaks the driver protocol: requests go out as
 * lines of JSON, replies and events come in, and each is checked before it is believed.
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

/** A silent driver is given up after so many seconds without an answer or a heartbeat. */
const PATIENCE_SECONDS = 10

/** Runs `run` after so many seconds of the system's time. @returns cancels. */
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
  readonly #said: string[] = []
  #hello: Hello | undefined
  #lastId = 0
  #dead: HarnessError | undefined

  private constructor(open: OpenTransport, alarm: Alarm) {
    this.#alarm = alarm
    this.#transport = open({
      line: (text) => {
        this.#hear(text)
      },
      note: (text) => this.#said.push(text),
      ended: (why) => {
        this.#die(why)
      },
    })
  }

  /**
   * Opens the way to the driver and greets it.
   * @param open see `processTransport` and `httpTransport`.
   * @param alarm the system's time.
   * @throws HarnessError when it cannot be reached, speaks another protocol, or nonsense.
   */
  static async start(open: OpenTransport, alarm: Alarm): Promise<RemoteDriver> {
    const driver = new RemoteDriver(open, alarm)
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
      this.#transport.send(JSON.stringify({ v: PROTOCOL, id, ...request }))
      this.#watch()
    })
  }

  /** Ends it by force; whoever waits is told. */
  abandon(why = 'the driver did not end its clients and was ended itself'): void {
    this.#die(why)
    this.#transport.kill()
  }

  async stop(): Promise<void> {
    if (this.#dead !== undefined) return
    // Heartbeats do not count any more.
    const stopAlarm = this.#alarm(PATIENCE_SECONDS, () => {
      this.abandon('the driver did not stop')
    })
    await this.request({ do: 'stop' }).catch(() => undefined)
    await this.#transport.close()
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
        this.abandon(`the driver was silent for ${String(PATIENCE_SECONDS)} s, without a heartbeat`)
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
      this.abandon(`the driver's line breaks the protocol: ${String(error)}: ${line.slice(0, 200)}`)
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
