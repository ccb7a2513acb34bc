/** The world of one scenario: a hub, clients, names, and one clock for all of them. */

import { World } from '@cucumber/cucumber'
import { ManualClock, type MockHub } from 'mock-iot-hub'
import { type Endpoint, HarnessError, type Hello, type JsonObject } from '../driver/client-driver.ts'
import { systemAlarm } from '../driver/clock.ts'
import { Activity } from './time/activity.ts'
import { Backend } from './hub/backend.ts'
import { ClientCalls } from './clients/client-calls.ts'
import { Reading } from '../neutral/reading.ts'
import { Names } from './names.ts'
import { type Reason, restartCounts, RESTARTS } from './hub/restarts.ts'
import { ScenarioHub } from './hub/scenario-hub.ts'
import { ScenarioTime } from './time/scenario-time.ts'
import type { Tap } from './environment/tap.ts'

/** After as many seconds of real time in which nothing arrived, a hub elsewhere sends no more. */
const HUB_SILENCE_SECONDS = 30

export class ConformanceWorld extends World {
  readonly #scope = new AbortController()
  readonly #cleanUp: (() => unknown)[] = []
  readonly clock = new ManualClock()
  readonly names = new Names()
  /** How the scenario is judged for a client in any language. */
  readonly reading = new Reading()
  readonly activity: Activity = new Activity(this.#scope.signal, (run) =>
    this.hubScenario?.isRemote === true
      ? systemAlarm(HUB_SILENCE_SECONDS, () => void this.hubScenario?.whetherAlive().then(run))
      : this.client.driver.whenStill(this.activity.count, run),
  )
  readonly hub = new ScenarioHub({
    clock: this.clock,
    names: this.names,
    activity: this.activity,
    address: () => this.address,
    defer: (run) => {
      this.defer(run)
    },
  })
  readonly client: ClientCalls = new ClientCalls(this.clock, this.activity, this.hub)
  readonly time = new ScenarioTime(
    this.clock,
    this.activity,
    () => this.client.driver,
    () => this.reading.applies,
  )
  #backend: Backend | undefined
  #restarts = 0
  #restartKept: Reason | undefined

  /** The address that the suite listens on and that clients dial (`--address`). */
  address = '127.0.0.1'
  /** Clients use MQTT over WebSockets, unless a step or the tag `@transport:default` overrides it (`--transport`). */
  overWebSocket = false
  /** The step that runs says what must be so: what fails there is a failure of the subject. */
  isOutcome = false
  /** The environment variables of the Edge runtime. */
  environment: Readonly<Record<string, string>> = {}
  /** The hub side of the scenario; set at its first use. */
  hubScenario:
    | {
        readonly hasEvidence: boolean
        readonly isRemote: boolean
        readonly busy: Reason | undefined
        /** An error when the hub does not answer at all. */
        whetherAlive(): Promise<HarnessError | undefined>
        /** What breaks the rules that hold in every scenario; looks at all that the scenario has touched. */
        wrong(): Promise<readonly string[]>
      }
    | undefined
  /** Between client and hub, when the scenario watches the network. */
  tap: Tap | undefined
  /** A tap or a proxy is between client and hub. */
  isRelayed = false

  /** Aborts at the end of the scenario. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  /** The address and ports that the client dials. */
  get endpoint(): Endpoint {
    const endpoint = { host: this.address, ...this.hub.ports }
    if (this.tap === undefined) return endpoint
    return { ...endpoint, [this.overWebSocket ? 'httpsPort' : 'mqttPort']: this.tap.port }
  }

  /** The service side; waits until the client is idle. */
  async backend(): Promise<Backend> {
    const hub = await this.hub.start()
    await this.time.settle()
    return (this.#backend ??= new Backend(hub, this.activity, this.signal))
  }

  /** Starts the hub again between two steps, when the run asks for it and nothing is under way. */
  async restart(): Promise<void> {
    if (!RESTARTS || this.hub.started === undefined) return
    this.#restartKept = this.#busy(this.hub.started)
    if (this.#restartKept !== undefined) return
    await this.hub.restart()
    this.#restarts++
  }

  #busy(hub: MockHub): Reason | undefined {
    if (hub.identities().some(({ connectionState }) => connectionState === 'Connected'))
      return 'a client is connected'
    if (hub.faults.list().length > 0) return 'a fault is armed'
    if (this.client.calls.some(({ settled, broken }) => settled === undefined && broken === undefined))
      return 'a call is under way'
    if (this.#backend?.invocations.some(({ settled }) => settled === undefined)) return 'a call is under way'
    return this.hubScenario?.busy
  }

  /** Runs at the end of the scenario, in reverse order. */
  defer(run: () => unknown): void {
    this.#cleanUp.push(run)
  }

  /** Before the first step. */
  async begin(): Promise<void> {
    const { hello } = await this.client.begin()
    // Some SDKs refuse a host name without a dot (docs/contract/reference/sdks.md#sdks-host-dot).
    if (needsDottedHost(hello))
      this.names.set('host', 'hub.example').set('gateway', 'hub.example').set('otherHost', 'other.example')
  }

  /** After the last step: ends the clients, then the hub, then everything else. */
  async end(): Promise<void> {
    if (RESTARTS && this.hub.started !== undefined) restartCounts.ended(this.#restarts, this.#restartKept)
    this.#scope.abort(new HarnessError('The scenario has ended'))
    await this.client.end()
    for (const run of this.#cleanUp.splice(0).reverse()) await run()
    this.clock.stop()
  }
}

function needsDottedHost({ limits }: Hello): boolean {
  return (limits as JsonObject | undefined)?.['dottedHost'] === true // its type in the schema of `hello`
}
