/** The hub of a scenario: started when a step first needs it, with one device and one module. */

import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type EventSource,
  type JournalEntry,
  type ManualClock,
  type MockHub,
  startMockHub,
} from 'mock-iot-hub'
import { HarnessError } from '../driver/client-driver.ts'
import type { Activity } from './activity.ts'
import { ShiftedClock } from './clock.ts'
import type { Names } from './names.ts'

/** The events of the hub itself. */
const EVENT_SOURCES: readonly EventSource[] = [
  'twinChangeEvents',
  'deviceLifecycleEvents',
  'deviceConnectionStateEvents',
  'digitalTwinChangeEvents',
]

/** `disk` or `process`: each hub keeps its state in a directory, with this durability. Default: in memory. */
const HUB_DATA = process.env['CONFORMANCE_HUB_DATA']

export interface ScenarioHubSettings {
  readonly clock: ManualClock
  readonly names: Names
  readonly activity: Activity
  /** The address to listen on. */
  readonly address: () => string
  /** Runs at the end of the scenario. */
  readonly defer: (run: () => unknown) => void
}

export class ScenarioHub {
  readonly #settings: ScenarioHubSettings
  #starting: Promise<MockHub> | undefined
  #started: MockHub | undefined
  /** How far the clock of the hub is ahead of the client's, from the start. */
  aheadSeconds = 0
  /** Whether the hub also has an RSA certificate, which takes a moment to make. */
  rsaCertificate = false
  /** The parts that the scenario needs besides. */
  readonly needs = new Set<'amqp' | 'events' | 'throttles'>()
  /** {@link ScenarioHub.recent} starts after this entry of the journal. */
  mark = 0

  constructor(settings: ScenarioHubSettings) {
    this.#settings = settings
  }

  /** The hub; starts it on the first call. */
  start(): Promise<MockHub> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  /** The hub; undefined: no step has needed it so far. */
  get started(): MockHub | undefined {
    return this.#started
  }

  /** @throws HarnessError when the hub was not started. */
  get ports(): { readonly mqttPort: number; readonly httpsPort: number } {
    if (this.#started === undefined) throw new HarnessError('The hub was not started')
    const { mqttPort, httpsPort } = this.#started
    return { mqttPort, httpsPort }
  }

  /** Everything that the hub has recorded. */
  get journal(): readonly JournalEntry[] {
    return this.#started?.journal.entries ?? []
  }

  /** What the hub has recorded since the mark. */
  get recent(): readonly JournalEntry[] {
    return this.journal.filter(({ seq }) => seq > this.mark)
  }

  /** The sequence number of the last entry of the journal. */
  readonly journalSeq = (): number => this.#started?.journal.seq ?? 0

  async #start(): Promise<MockHub> {
    const { activity, address, clock, defer, names } = this.#settings
    // The certificates of all hubs: each directory would get its own, which takes longer than a scenario.
    const data = HUB_DATA === undefined ? undefined : await mkdtemp(join(tmpdir(), 'conformance-hub-'))
    const hub = await startMockHub({
      ...(data === undefined
        ? {}
        : {
            dataDirectory: data,
            durability: HUB_DATA as 'disk' | 'process',
            certificateDirectory: join(tmpdir(), `conformance-hub-certificates-${String(process.pid)}`),
          }),
      hostName: 'localhost',
      address: address(),
      mqttPort: 0,
      httpsPort: 0,
      amqpPort: this.needs.has('amqp') ? 0 : false,
      settings: {
        ...(this.needs.has('events') ? { eventSources: EVENT_SOURCES } : {}),
        ...(this.needs.has('throttles') ? { dpsThrottles: true } : {}),
      },
      controlPort: false,
      rsaCertificate: this.rsaCertificate,
      clock: this.aheadSeconds === 0 ? clock : new ShiftedClock(clock, this.aheadSeconds * 1_000),
      hostnames: ['hub.example', 'other.example'],
    })
    defer(async () => {
      await hub.stop()
      if (data !== undefined) await rm(data, { recursive: true, force: true })
    })
    if (data !== undefined) activity.watch(() => hub.storing)
    hub.journal.subscribe(() => {
      activity.record()
    })
    const deviceId = names.get('device')
    hub.registry.create({ deviceId }, sas(names.key('device')))
    hub.registry.create({ deviceId, moduleId: names.get('module') }, sas(names.key('module')))
    this.#started = hub
    return hub
  }
}

function sas(primaryKey: string): Parameters<MockHub['registry']['create']>[1] {
  const secondaryKey = createHash('sha256').update(`second ${primaryKey}`).digest('base64')
  return { authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey } } }
}
