/** The Event Hubs-compatible endpoint: telemetry by partition, and its readers (docs/contract/events.md). */

import type { Hub } from '../../core/contract/hub.ts'
import type { TelemetryStream } from '../../core/contract/messaging.ts'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { Partition } from './partition.ts'
import type { Retention } from './partition.ts'
import { partitionOf } from './partition-key.ts'
import { Readers } from './readers.ts'

export interface EventHubOptions {
  /** Name of the entity. */
  readonly name: string
  /** 1 to 32. */
  readonly partitions: number
  /** Consumer groups beside `$Default`; undefined: any name is one. */
  readonly consumerGroups?: readonly string[] | undefined
  readonly retention: Retention
}

export class EventHub {
  readonly name: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly readers = new Readers()
  /** Partitions by device: hashing the id for each message would cost more than storing the message. */
  readonly #partitionOf = new Map<string, Partition | undefined>()
  readonly #consumerGroups: ReadonlySet<string> | undefined
  readonly #telemetry: TelemetryStream
  readonly #partitions: readonly Partition[]
  #stopListening: (() => void) | undefined

  constructor({ clock, telemetry }: Hub, { name, partitions, consumerGroups, retention }: EventHubOptions) {
    this.name = name
    this.createdAt = clock.now()
    this.#telemetry = telemetry
    this.#partitions = Array.from(
      { length: partitions },
      (_, index) => new Partition(String(index), clock, retention),
    )
    this.#consumerGroups =
      consumerGroups && new Set(['$default', ...consumerGroups.map((group) => group.toLowerCase())])
  }

  /** Filled at the first use, from the telemetry that the hub has kept (decision 17). */
  get partitions(): readonly Partition[] {
    if (this.#stopListening === undefined) {
      for (const message of this.#telemetry.messages) this.#store(message)
      const stopStoring = this.#telemetry.subscribe((message) => {
        this.#store(message)
      })
      const stopClearing = this.#telemetry.onCleared(() => {
        for (const partition of this.#partitions) partition.clear()
      })
      this.#stopListening = () => {
        stopStoring()
        stopClearing()
      }
    }
    return this.#partitions
  }

  isNamed(entity: string): boolean {
    return entity.toLowerCase() === this.name.toLowerCase()
  }

  hasConsumerGroup(group: string): boolean {
    return group !== '' && (this.#consumerGroups?.has(group.toLowerCase()) ?? true)
  }

  /** @returns undefined: there is no such partition. */
  partition(id: string): Partition | undefined {
    return this.partitions.find((partition) => partition.id === id)
  }

  stop(): void {
    this.#stopListening?.()
  }

  /** A device and its modules have one partition. */
  #store(message: TelemetryMessage): void {
    const { deviceId } = message
    let partition = this.#partitionOf.get(deviceId)
    if (partition === undefined) {
      partition = this.#partitions[partitionOf(deviceId, this.#partitions.length)]
      this.#partitionOf.set(deviceId, partition)
    }
    partition?.append(message)
  }
}
