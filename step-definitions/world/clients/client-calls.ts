/** The clients of a scenario: the driver behind them, the calls that steps make, the events that come back. */

import { ok } from 'node:assert/strict'
import type { JournalEntry, ManualClock } from 'mock-iot-hub'
import {
  type DriverEvent,
  type DriverReply,
  type DriverRequest,
  HarnessError,
  type Json,
  type JsonObject,
} from '../../driver/client-driver.ts'
import { type ClientUnderTest, clientUnderTest } from '../../driver/client-under-test.ts'
import type { Activity } from '../time/activity.ts'
import type { CreatedClient } from './created-client.ts'
import { Inconclusive } from '../errors.ts'
import { assertSupported, describeReply } from './replies.ts'
import { assertRests } from './restless.ts'

/** A call on the client under test, pending or settled. */
export interface Call {
  readonly request: DriverRequest
  readonly reply: Promise<DriverReply>
  readonly startedAt: number
  /** The last entry of the hub's journal when the call began. */
  readonly startedAtSeq: number
  settled: DriverReply | undefined
  /** The driver has failed. */
  broken: unknown
  /** The last entry of the hub's journal when the call settled, with all that the client had done before. */
  settledAtSeq: Promise<number>
  settledAt: number
}

/** The hub, as far as calls need it. */
interface Witness {
  readonly journal: readonly JournalEntry[]
  /** The sequence number of the last entry. */
  readonly journalSeq: () => number
}

export class ClientCalls {
  readonly #clock: ManualClock
  readonly #activity: Activity
  readonly #hub: Witness
  readonly events: DriverEvent[] = []
  readonly calls: Call[] = []
  /** By session. */
  readonly created = new Map<string, CreatedClient>()
  #driver: ClientUnderTest | undefined

  /** @param hub whose journal says what the client does during a call. */
  constructor(clock: ManualClock, activity: Activity, hub: Witness) {
    this.#clock = clock
    this.#activity = activity
    this.#hub = hub
  }

  /** Starts the driver; before the first step. */
  async begin(): Promise<ClientUnderTest> {
    const driver = await clientUnderTest(this.#clock)
    this.#driver = driver
    driver.onEvent((event) => {
      this.events.push(event)
      this.#activity.record()
    })
    return driver
  }

  /** Ends all clients. */
  async end(): Promise<void> {
    await this.#driver?.stop()
  }

  get driver(): ClientUnderTest {
    if (this.#driver === undefined) throw new HarnessError('The scenario has not begun')
    return this.#driver
  }

  /** The client that was created last. */
  get current(): CreatedClient {
    const client = [...this.created.values()].at(-1)
    if (client === undefined) throw new HarnessError('The scenario has created no client')
    return client
  }

  /** Starts a call; a later step looks at its outcome. */
  start(request: DriverRequest): Call {
    const { driver } = this
    const reply = driver.request(request).then((reply) => {
      call.settled = reply
      call.settledAtSeq = this.#seqOfReply(driver)
      call.settledAt = this.#clock.now()
      this.#activity.record()
      return reply
    })
    reply.catch((error: unknown) => {
      call.broken = error
      this.#activity.record()
    })
    const call: Call = {
      request,
      startedAt: this.#clock.now(),
      startedAtSeq: this.#hub.journalSeq(),
      settled: undefined,
      broken: undefined,
      settledAtSeq: Promise.resolve(0),
      settledAt: 0,
      get reply() {
        return ended(call).then(async () => assertSupported(driver, request, await reply))
      },
    }
    const ended = (call: Call): Promise<void> =>
      this.#activity.eventually(() => {
        if (call.settled !== undefined || call.broken !== undefined) return true
        assertRests(this.#hub.journal, call)
        return false
      }, `The end of the call ${request.do}`)
    this.calls.push(call)
    return call
  }

  #seqOfReply({ caughtUp }: ClientUnderTest): Promise<number> {
    if (caughtUp === undefined) return Promise.resolve(this.#hub.journalSeq())
    return caughtUp(this.#activity.count).then(this.#hub.journalSeq)
  }

  /** Makes a call and waits for it. @throws NotSupported; Inconclusive when the call fails. */
  async ask(request: DriverRequest): Promise<Json> {
    const reply = await this.start(request).reply
    if ('ok' in reply) return reply.ok
    throw new Inconclusive(`${request.do} failed with ${describeReply(reply)}`)
  }

  /** Makes a call that must succeed, and waits for it. @throws NotSupported; AssertionError when it fails. */
  async must(request: DriverRequest): Promise<Json> {
    const reply = await this.start(request).reply
    ok('ok' in reply, `${request.do}: ${describeReply(reply)}`)
    return reply.ok
  }

  /** Checks that the client supports every request so far. @throws NotSupported, AssertionError. */
  assertSupported(): void {
    for (const { request, settled } of this.calls)
      if (settled !== undefined) assertSupported(this.driver, request, settled)
  }

  /** The last call. */
  get last(): Call {
    const call = this.calls.at(-1)
    if (call === undefined) throw new HarnessError('The scenario has made no call')
    if (call.settled !== undefined) assertSupported(this.driver, call.request, call.settled)
    return call
  }

  /** The data of all events of one kind so far. */
  eventData(kind: DriverEvent['event']): readonly JsonObject[] {
    return this.events.filter(({ event }) => event === kind).map(({ data }) => data)
  }
}
