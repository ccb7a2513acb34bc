/** Device-to-cloud messages: size limit, the properties that the hub adds, and the stream that back ends read. */

import type { Clock } from '../../base/clock.ts'
import type { Commits } from '../contract/store/commits.ts'
import type { EventPositions, EventPositionStore, TelemetryStream } from '../contract/messaging.ts'
import type { Caller } from '../contract/operations.ts'
import type { IdentityPrincipal } from '../contract/principal.ts'
import { Emitter } from '../../base/emitter.ts'
import type { Message, TelemetryMessage } from '../contract/message.ts'
import { HubError } from '../errors/hub-error.ts'
import { counter, type Counter } from '../store/counter.ts'
import { EventLog } from './event-log.ts'
import { RingBuffer } from '../../base/ring-buffer.ts'
import type { Settings } from '../contract/settings.ts'

/** There is one document of them. */
const POSITIONS = 'positions'

/** Upper bound of the size of properties: with a smaller body the properties are not measured. */
const MOST_PROPERTY_BYTES = 65_536

export class HubTelemetry implements TelemetryStream, EventPositionStore {
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #ring: RingBuffer<TelemetryMessage>
  readonly #listeners = new Emitter<[TelemetryMessage]>()
  readonly #clearedListeners = new Emitter<[]>()
  readonly #commits: Commits
  readonly #log: EventLog
  readonly #counter: Counter
  #sequenceNumber = 0
  #positions: EventPositions | undefined
  #positionsNow: (() => EventPositions) | undefined

  constructor(clock: Clock, { maxTelemetryBytes, telemetryRetained }: Settings, commits: Commits) {
    this.#clock = clock
    this.#commits = commits
    this.#counter = counter(commits, 'event', {
      read: () => this.#sequenceNumber,
      load: (last) => {
        this.#sequenceNumber = last
      },
    })
    commits.keep<EventPositions>({
      kind: 'telemetry',
      keys: () => (this.positions === undefined ? [] : [POSITIONS]),
      read: () => this.positions,
      load: ([document]) => {
        this.#positions = document?.value
      },
    })
    this.#log = new EventLog({
      commits,
      retained: telemetryRetained,
      load: (events) => {
        this.#ring.clear()
        for (const event of events) this.#ring.push(event)
      },
    })
    this.#maxBytes = maxTelemetryBytes
    this.#ring = new RingBuffer(telemetryRetained)
  }

  get messages(): readonly TelemetryMessage[] {
    return this.#ring.toArray()
  }

  get positions(): EventPositions | undefined {
    return this.#positionsNow?.() ?? this.#positions
  }

  keepPositions(now: () => EventPositions): void {
    this.#positionsNow = now
    this.#commits.changed('telemetry', POSITIONS)
  }

  subscribe(listener: (message: TelemetryMessage) => void): () => void {
    return this.#listeners.add(listener)
  }

  onCleared(listener: () => void): () => void {
    return this.#clearedListeners.add(listener)
  }

  /** Drops all messages; the sequence numbers go on. */
  clear(): void {
    this.#ring.clear()
    this.#log.clear()
    this.#clearedListeners.tell()
  }

  append(message: Omit<TelemetryMessage, 'sequenceNumber' | 'enqueuedAt'>): TelemetryMessage {
    return this.#store({
      ...message,
      sequenceNumber: ++this.#sequenceNumber,
      enqueuedAt: this.#clock.now(),
    })
  }

  /**
   * Stores a device's message with the properties that the hub adds (WIRE-D2C-13).
   * @throws HubError MessageTooLarge.
   */
  accept({ principal, modelId }: Caller, message: Message): void {
    const { identity } = principal
    this.#store({
      body: message.body,
      system: message.system,
      properties: message.properties,
      sequenceNumber: ++this.#sequenceNumber,
      enqueuedAt: this.#clock.now(),
      source: 'Telemetry',
      deviceId: identity.deviceId,
      moduleId: identity.moduleId,
      authMethod: AUTH_METHODS[principal.scope][principal.credential],
      authGenerationId: principal.generationId,
      modelId,
    })
  }

  /** The limit is on body and properties together. @throws HubError MessageTooLarge. */
  check({ body, properties, system }: Message): void {
    if (body.length + MOST_PROPERTY_BYTES <= this.#maxBytes) return
    let bytes = body.length
    for (const [name, value] of Object.entries(properties))
      bytes += Buffer.byteLength(name) + Buffer.byteLength(value ?? '')
    for (const value of Object.values(system)) bytes += Buffer.byteLength(value)
    if (bytes <= this.#maxBytes) return
    throw new HubError({
      kind: 'MessageTooLarge',
      rule: 'WIRE-SESS-23',
      expected: `a message of at most ${String(this.#maxBytes)} bytes with its properties`,
      received: `${String(bytes)} bytes`,
    })
  }

  #store(message: TelemetryMessage): TelemetryMessage {
    this.#ring.push(message)
    if (this.#commits.active && this.#log.add(message)) {
      // These are read when the group closes.
      this.#counter.changed()
      if (this.#positionsNow !== undefined) this.#commits.changed('telemetry', POSITIONS, 0)
    }
    this.#listeners.tell(message)
    return message
  }
}

const authMethod = (scope: string, type: string): string =>
  JSON.stringify({ scope, type, issuer: 'iothub', acceptingIpFilterRule: null })

/** WIRE-D2C-14. */
const AUTH_METHODS: Readonly<
  Record<IdentityPrincipal['scope'], Readonly<Record<IdentityPrincipal['credential'], string>>>
> = {
  device: { sas: authMethod('device', 'sas'), x509: authMethod('device', 'x509') },
  module: { sas: authMethod('module', 'sas'), x509: authMethod('module', 'x509') },
  hub: { sas: authMethod('hub', 'sas'), x509: authMethod('hub', 'x509') },
}
