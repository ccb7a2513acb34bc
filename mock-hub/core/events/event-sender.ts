import type { Json } from '../../base/json.ts'
import { jsonText } from '../../base/json-floats.ts'
import { counter, type Counter } from '../store/counter.ts'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { EventSource } from '../contract/message.ts'

/** The message schema that an event names. */
const SCHEMA: Readonly<Record<EventSource, string>> = {
  twinChangeEvents: 'twinChangeNotification',
  digitalTwinChangeEvents: 'digitalTwinChangeNotification',
  deviceLifecycleEvents: 'deviceLifecycleNotification',
  deviceConnectionStateEvents: 'deviceConnectionStateNotification',
}

export interface HubEvent {
  readonly source: EventSource
  readonly identity: Identity
  readonly opType: string
  readonly body: Json
  /** Time of the operation, epoch ms. Default: now. */
  readonly at?: number | undefined
}

/** Stores events with the properties that all of them have (docs/contract/events.md#wire-evt-05). */
export class EventSender {
  readonly #hub: Pick<Hub, 'clock' | 'telemetry' | 'commits'>
  readonly #hubName: string
  readonly #time: (ms: number) => string
  readonly #counter: Counter
  /** The numbers begin with the time: they increase over restarts too. */
  #lastNumber: bigint

  /** @param time renders epoch ms. */
  constructor(hub: Pick<Hub, 'hostName' | 'clock' | 'telemetry' | 'commits'>, time: (ms: number) => string) {
    this.#hub = hub
    this.#hubName = hub.hostName.split('.', 1)[0] ?? hub.hostName
    this.#time = time
    this.#lastNumber = BigInt(hub.clock.now()) << 32n
    this.#counter = counter(hub.commits, 'hubEvent', {
      read: () => String(this.#lastNumber),
      load: (last) => {
        // A clock that stands still would begin with the same number again.
        if (BigInt(last) > this.#lastNumber) this.#lastNumber = BigInt(last)
      },
    })
  }

  /** A hexadecimal number, greater than all before it. */
  nextNumber(): string {
    this.#counter.changed()
    return (++this.#lastNumber).toString(16)
  }

  send({ source, identity, opType, body, at }: HubEvent): void {
    const { deviceId, moduleId } = identity
    const contentType =
      source === 'digitalTwinChangeEvents' ? 'application/json-patch+json' : 'application/json'
    this.#hub.telemetry.append({
      source,
      deviceId,
      moduleId,
      body: Buffer.from(jsonText(body)),
      system: {
        contentType,
        contentEncoding: 'utf-8',
        correlationId: this.nextNumber(),
        userId: this.#hubName,
      },
      properties: {
        hubName: this.#hubName,
        deviceId,
        ...(moduleId === undefined ? {} : { moduleId }),
        operationTimestamp: this.#time(at ?? this.#hub.clock.now()),
        'iothub-message-schema': SCHEMA[source],
        opType,
      },
      // Nobody sent it.
      authMethod: undefined,
      authGenerationId: undefined,
      modelId: undefined,
    })
  }
}
