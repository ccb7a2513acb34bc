/** The Event Hubs-compatible endpoint: telemetry by partition, and who reads it (wire contract 8.3). */

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
  /** Besides `$Default`; left out: any name is a consumer group. */
  readonly consumerGroups?: readonly string[] | undefined
  readonly retention: Retention
}

export class EventHub {
  readonly name: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly readers = new Readers()
  /** By device: hashing every message's device id would cost more than storing the message. */
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

  /** Filled when somebody first looks: until then the hub's own memory of its telemetry is enough, and costs nothing more. */
  get partitions(): readonly Partition[] {
    if (this.#stopListening === undefined) {
      for (const message of this.#telemetry.messages) this.#store(message)
      this.#stopListening = this.#telemetry.subscribe((message) => {
        this.#store(message)
      })
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

  /** All of a device's messages, and those of its modules, lie in one partition. */
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
