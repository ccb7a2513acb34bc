/** What one scenario lives in: a hub of its own, a client under test, a clock for both, and all that they have done. */

import { AssertionError } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type IWorldOptions, World } from '@cucumber/cucumber'
import { type JournalEntry, ManualClock, type MockHub, startMockHub } from 'mock-iot-hub'
import { Backend } from './backend.ts'
import { pass, settle, ShiftedClock } from './clock.ts'
import {
  capabilityOf,
  type DriverEvent,
  type DriverReply,
  type DriverRequest,
  type Endpoint,
  HarnessError,
  type Hello,
  type IdentityKind,
  type Json,
  type JsonObject,
} from '../driver/client-driver.ts'
import { type ClientUnderTest, clientUnderTest } from '../driver/client-under-test.ts'
import type { Subject } from './subject.ts'
import type { Tap } from './tap.ts'

/** So long may time pass for a client that has its own: the hub's alone moves. */
const REAL_SECONDS = 1

/** A call on the client under test that may still be under way. */
export interface Call {
  readonly request: DriverRequest
  readonly reply: Promise<DriverReply>
  readonly startedAt: number
  settled: DriverReply | undefined
  /** The hub's journal when it had settled. */
  settledAtSeq: number
  settledAt: number
}

/** Armed faults that never struck, or a Given that could not be established: nothing is known of the client. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
}

/** The capability is not offered: the scenario does not apply. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported'
}

export class ConformanceWorld extends World {
  readonly clock = new ManualClock()
  /** By how much the hub's clock is ahead of everybody else's when it starts. */
  hubAheadSeconds = 0
  readonly #scope = new AbortController()
  readonly #cleanUp: (() => unknown)[] = []
  readonly events: DriverEvent[] = []
  readonly #waiting = new Set<() => void>()
  readonly calls: Call[] = []
  readonly subjects = new Map<string, Subject>()
  /** Entries up to here are of the past: a step has said "from now on". */
  mark = 0
  /** Names and values that texts of steps may hold in braces. */
  readonly names = new Map<string, string>()
  #hub: Promise<MockHub> | undefined
  #seen: MockHub | undefined
  #backend: Backend | undefined
  #driver: ClientUnderTest | undefined
  #activity = 0
  /** Variables of the Edge runtime for clients that are made from them. */
  environment: Readonly<Record<string, string>> = {}
  /** Of the hub side: set when a scenario first uses it. */
  stage: { readonly hasEvidence: boolean } | undefined
  /** Stands between the client and the hub when a scenario watches the network. */
  tap: Tap | undefined

  constructor(options: IWorldOptions) {
    super(options)
    this.names
      .set('device', 'device-1')
      .set('module', 'module-1')
      .set('host', 'localhost')
      .set('gateway', 'localhost')
      .set('correlationId', 'none yet')
  }

  /** Aborted at the end of the scenario: give it to every wait. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  /** Runs when the scenario is over, last one first. */
  defer(run: () => unknown): void {
    this.#cleanUp.push(run)
  }

  /** Where the suite listens, and what clients are told to dial (`--address`). */
  address = '127.0.0.1'

  /** Clients take MQTT over WebSocket unless a step or the tag `@transport:default` says otherwise (`--transport`). */
  overWebSocket = false

  // ------------------------------------------------------------------ the hub

  /** The hub of this scenario; started when it is first needed. */
  async hub(): Promise<MockHub> {
    this.#hub ??= this.#startHub()
    return this.#hub
  }

  /** The hub, if one was needed so far. */
  get startedHub(): MockHub | undefined {
    return this.#seen
  }

  /** The service side; what the client is about to do comes first. */
  async backend(): Promise<Backend> {
    const hub = await this.hub()
    await this.settle()
    return (this.#backend ??= new Backend(hub, this.signal))
  }

  async #startHub(): Promise<MockHub> {
    const hub = await startMockHub({
      address: this.address,
      mqttPort: 0,
      httpsPort: 0,
      amqpPort: false,
      controlPort: false,
      clock:
        this.hubAheadSeconds === 0 ? this.clock : new ShiftedClock(this.clock, this.hubAheadSeconds * 1_000),
      hostnames: ['hub.example'],
    })
    this.defer(() => hub.stop())
    hub.journal.subscribe(() => {
      this.#stir()
    })
    hub.registry.create({ deviceId: this.name('device') }, sas(this.key('device')))
    hub.registry.create(
      { deviceId: this.name('device'), moduleId: this.name('module') },
      sas(this.key('module')),
    )
    this.#seen = hub
    return hub
  }

  /** Where the client finds the hub. */
  get endpoint(): Endpoint {
    if (this.#seen === undefined) throw new HarnessError('The hub has not been started')
    const { mqttPort, httpsPort } = this.#seen
    const ports = { host: this.address, mqttPort, httpsPort }
    if (this.tap !== undefined) ports[this.overWebSocket ? 'httpsPort' : 'mqttPort'] = this.tap.port
    return ports
  }

  /** What the hub has recorded since the last mark. */
  get recent(): readonly JournalEntry[] {
    return this.journal.filter(({ seq }) => seq > this.mark)
  }

  /** Everything that the hub has recorded. */
  get journal(): readonly JournalEntry[] {
    return this.#seen?.journal.entries ?? []
  }

  /** The first entry since the mark that fits, waiting for it. */
  async until(matches: (entry: JournalEntry) => boolean): Promise<JournalEntry> {
    const hub = await this.hub()
    return hub.journal.until(matches, { after: this.mark, signal: this.signal })
  }

  // ------------------------------------------------------------------ names

  name(of: string): string {
    const value = this.names.get(of)
    if (value === undefined) throw new HarnessError(`Nothing is known by the name {${of}}`)
    return value
  }

  /** Texts of steps with their names filled in: `{device}`, `{module}`, `{host}`, `{token}` … */
  fill(text: string): string {
    return text.replace(/\{(\w+)\}/g, (_all, of: string) => this.name(of))
  }

  /** The same key for the same identity in every run; it holds characters that must be encoded in tokens. */
  key(of: IdentityKind | 'other'): string {
    return createHash('sha256').update(`conformance ${of} +/=`).digest('base64')
  }

  // ------------------------------------------------------------------ the client under test

  /** Before the first step: a client under test is at hand. */
  async begin(): Promise<void> {
    const driver = await clientUnderTest(this.clock)
    this.#driver = driver
    // Some SDKs take no host name without a dot (docs/contract/reference/sdks.md#sdks-hosts).
    if (dotted(driver.hello)) this.names.set('host', 'hub.example').set('gateway', 'hub.example')
    driver.onEvent((event) => {
      this.events.push(event)
      this.#stir()
    })
  }

  driver(): ClientUnderTest {
    if (this.#driver === undefined) throw new HarnessError('The scenario has not begun')
    return this.#driver
  }

  /** The client that the last step spoke of. */
  get subject(): Subject {
    const subject = [...this.subjects.values()].at(-1)
    if (subject === undefined) throw new HarnessError('No client has been made in this scenario')
    return subject
  }

  /** Starts a call; what comes of it is asked for later. */
  start(request: DriverRequest): Call {
    const driver = this.driver()
    const reply = driver.request(request).then((reply) => {
      call.settled = reply
      call.settledAtSeq = this.#seen?.journal.seq ?? 0
      call.settledAt = this.clock.now()
      this.#stir()
      return reply
    })
    const call: Call = {
      request,
      startedAt: this.clock.now(),
      settled: undefined,
      settledAtSeq: 0,
      settledAt: 0,
      get reply() {
        return inTime(driver, reply.then(supported(driver, request)))
      },
    }
    reply.catch(() => undefined) // asked for, and then reported, by the step that waits for it
    this.calls.push(call)
    return call
  }

  /** Makes a call and waits for it. @throws NotSupported; Error when the client refused. */
  async ask(request: DriverRequest): Promise<Json> {
    const reply = await this.start(request).reply
    if ('ok' in reply) return reply.ok
    throw new Inconclusive(`${request.do} failed with ${describe(reply)}`)
  }

  /** The first thing asked of the client that it does not offer. @throws NotSupported, AssertionError. */
  assertOffered(): void {
    for (const { request, settled } of this.calls)
      if (settled !== undefined) supported(this.driver(), request)(settled)
  }

  /** The newest call. */
  get call(): Call {
    const call = this.calls.at(-1)
    if (call === undefined) throw new HarnessError('No call has been made in this scenario')
    if (call.settled !== undefined) supported(this.driver(), call.request)(call.settled)
    return call
  }

  /** What the client has told of, of one kind. */
  told(event: DriverEvent['event']): readonly JsonObject[] {
    return this.events.filter((told) => told.event === event).map(({ data }) => data)
  }

  /** Waits until something holds that can only change when the hub or the client does something. */
  async eventually(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve, reject) => {
        const stopAlarm = this.driver().whenLate(() => {
          reject(new Error('It has not come to pass'))
        })
        const done = (): void => {
          stopAlarm()
          this.#waiting.delete(done)
          this.signal.removeEventListener('abort', gone)
          resolve()
        }
        const gone = (): void => {
          this.#waiting.delete(done)
          reject(new HarnessError('The scenario is over'))
        }
        this.#waiting.add(done)
        this.signal.addEventListener('abort', gone)
      })
    }
  }

  // ------------------------------------------------------------------ time

  /** Everything under way comes to rest. */
  async settle(): Promise<void> {
    await settle(() => this.#activity)
    await this.driver().rest(() => this.#activity)
  }

  async pass(seconds: number): Promise<void> {
    const driver = this.driver()
    if (driver.hello.clock === 'real' && seconds > REAL_SECONDS)
      throw new NotSupported(
        `time: the client cannot follow the suite's clock for ${String(seconds)} seconds`,
      )
    const surroundings = { settle: () => this.settle(), clientDueAt: () => driver.follow(this.clock) }
    await pass(this.clock, seconds, surroundings)
  }

  // ------------------------------------------------------------------ the end

  /** Ends the clients, then the hub, then whatever else was started. */
  async end(): Promise<void> {
    this.#scope.abort(new HarnessError('The scenario is over'))
    await this.#driver?.stop()
    for (const run of this.#cleanUp.splice(0).reverse()) await run()
    this.clock.stop()
  }

  #stir(): void {
    this.#activity++
    for (const wake of [...this.#waiting]) wake()
  }
}

/**
 * What the client does not offer is no answer; but what it claims it must offer. @throws NotSupported, AssertionError.
 */
function supported(
  { hello: { capabilities } }: ClientUnderTest,
  request: DriverRequest,
): (reply: DriverReply) => DriverReply {
  return (reply) => {
    if (!('unsupported' in reply)) return reply
    const { reason } = reply.unsupported
    const capability = capabilityOf(request)
    if (capability === undefined || !capabilities.includes(capability))
      throw new NotSupported(`${capability ?? request.do}: ${reason}`)
    throw new AssertionError({
      message: `The client claims ${capability}, and does not do what belongs to it (${request.do}): ${reason}`,
    })
  }
}

/** Another process has only so much real time to settle a call. */
function inTime<T>(driver: ClientUnderTest, settling: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopAlarm = driver.whenLate(() => {
      reject(new Error('The call is still under way'))
    })
    settling.then(resolve, reject).finally(stopAlarm)
  })
}

function dotted({ limits }: Hello): boolean {
  return (limits as JsonObject | undefined)?.['dottedHost'] === true // as the schema of the greeting has it
}

/** A reply in words. */
export function describe(reply: DriverReply): string {
  if ('ok' in reply) return `success: ${JSON.stringify(reply.ok)}`
  if ('unsupported' in reply) return `unsupported: ${reply.unsupported.reason}`
  const { kind, status, native } = reply.error
  return `${kind}${status === undefined ? '' : ` ${String(status)}`} (${native.type}: ${native.message})`
}

function sas(primaryKey: string): Parameters<MockHub['registry']['create']>[1] {
  const secondaryKey = createHash('sha256').update(`second ${primaryKey}`).digest('base64')
  return { authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey } } }
}
