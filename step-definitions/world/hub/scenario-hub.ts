/** The hub of a scenario: started when a step first needs it, with one device and one module. */

import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type EventSource,
  type JournalEntry,
  type ManualClock,
  type MockHub,
  type MockHubOptions,
  startMockHub,
} from 'mock-iot-hub'
import { HarnessError } from '../../driver/client-driver.ts'
import type { Activity } from '../time/activity.ts'
import { settle, ShiftedClock } from '../time/clock.ts'
import { LastingHub } from './lasting-hub.ts'
import type { Names } from '../names.ts'
import { RESTARTS } from './restarts.ts'

/** The events of the hub itself. */
const EVENT_SOURCES: readonly EventSource[] = [
  'twinChangeEvents',
  'deviceLifecycleEvents',
  'deviceConnectionStateEvents',
  'digitalTwinChangeEvents',
]

/** `disk` or `process`: each hub keeps its state in a directory, with this durability. Default: in memory. */
const HUB_DATA = process.env['CONFORMANCE_HUB_DATA'] ?? (RESTARTS ? 'process' : undefined)

/** The certificates of all hubs: each directory would get its own, which takes longer than a scenario. */
const CERTIFICATES = join(tmpdir(), `conformance-hub-certificates-${String(process.pid)}`)
if (HUB_DATA !== undefined)
  process.once('exit', () => {
    rmSync(CERTIFICATES, { recursive: true, force: true })
  })

/** To open the ports again that a hub had before, or to copy what it keeps. */
const MOST_ATTEMPTS = 20

type Ports = Pick<MockHubOptions, 'mqttPort' | 'httpsPort' | 'amqpPort'>

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
  #lasting: LastingHub | undefined
  /** The hub of the moment; another one after each restart. */
  #running: MockHub | undefined
  #directory: string | undefined
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
    const { activity, defer, names } = this.#settings
    if (HUB_DATA !== undefined) this.#directory = await newDirectory()
    const hub = await this.#open({ mqttPort: 0, httpsPort: 0, amqpPort: this.needs.has('amqp') ? 0 : false })
    this.#lasting = new LastingHub(hub)
    defer(async () => {
      await this.#running?.stop()
      if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true })
    })
    if (HUB_DATA !== undefined) activity.watch(() => this.#running?.storing ?? false)
    const deviceId = names.get('device')
    hub.registry.create({ deviceId }, sas(names.key('device')))
    hub.registry.create({ deviceId, moduleId: names.get('module') }, sas(names.key('module')))
    this.#started = this.#lasting.hub
    return this.#started
  }

  /** Starts the hub over its directory. */
  async #open(ports: Ports): Promise<MockHub> {
    const { activity, address, clock } = this.#settings
    const hub = await startMockHub({
      ...(this.#directory === undefined
        ? {}
        : {
            dataDirectory: this.#directory,
            durability: HUB_DATA as 'disk' | 'process',
            certificateDirectory: CERTIFICATES,
          }),
      hostName: 'localhost',
      address: address(),
      ...ports,
      settings: {
        ...(this.needs.has('events') ? { eventSources: EVENT_SOURCES } : {}),
        ...(this.needs.has('throttles') ? { dpsThrottles: true } : {}),
      },
      controlPort: false,
      rsaCertificate: this.rsaCertificate,
      clock: this.aheadSeconds === 0 ? clock : new ShiftedClock(clock, this.aheadSeconds * 1_000),
      hostnames: ['hub.example', 'other.example'],
    })
    hub.journal.subscribe(() => {
      activity.record()
    })
    this.#running = hub
    return hub
  }

  /** A port that was free a moment ago may be another program's for a while. */
  async #reopen(ports: Ports): Promise<MockHub> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#open(ports)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === MOST_ATTEMPTS) throw error
        await settle(this.#settings.activity.count)
      }
  }

  /**
   * Starts the hub again over what a hub that is killed now leaves behind, on the same ports. Nobody is told: links and
   * locks are gone.
   */
  async restart(): Promise<void> {
    const before = this.#running
    const directory = this.#directory
    if (before === undefined || directory === undefined) return
    const { activity } = this.#settings
    // Until all is stored, something happens.
    await settle(activity.count)
    this.#directory = await copyOf(directory)
    const { mqttPort, httpsPort, amqpPort } = before
    await before.stop()
    await rm(directory, { recursive: true, force: true })
    this.#lasting?.replace(await this.#reopen({ mqttPort, httpsPort, amqpPort: amqpPort ?? false }))
  }
}

/** As a hub that is killed leaves it: one that stops in order tidies up. */
async function copyOf(directory: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const copy = await newDirectory()
    try {
      await cp(directory, copy, { recursive: true })
      return copy
    } catch (error) {
      // The database deletes files that it no longer needs; what is copied after that is whole.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MOST_ATTEMPTS) throw error
      await rm(copy, { recursive: true, force: true })
    }
  }
}

function newDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'conformance-hub-'))
}

function sas(primaryKey: string): Parameters<MockHub['registry']['create']>[1] {
  const secondaryKey = createHash('sha256').update(`second ${primaryKey}`).digest('base64')
  return { authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey } } }
}
