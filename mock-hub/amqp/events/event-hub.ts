/** The Event Hubs-compatible endpoint: telemetry by partition, and who reads it (wire contract 8.3). */

import type { Hub } from '../../core/contract.ts'
import type { TelemetryMessage } from '../../core/message.ts'
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
  readonly partitions: readonly Partition[]
  readonly readers = new Readers()
  readonly #consumerGroups: ReadonlySet<string> | undefined
  readonly #stopListening: () => void

  constructor({ clock, telemetry }: Hub, { name, partitions, consumerGroups, retention }: EventHubOptions) {
    this.name = name
    this.createdAt = clock.now()
    this.partitions = Array.from(
      { length: partitions },
      (_, index) => new Partition(String(index), clock, retention),
    )
    this.#consumerGroups =
      consumerGroups && new Set(['$default', ...consumerGroups.map((group) => group.toLowerCase())])
    for (const message of telemetry.messages) this.#store(message)
    this.#stopListening = telemetry.subscribe((message) => {
      this.#store(message)
    })
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
    this.#stopListening()
  }

  /** All of a device's messages, and those of its modules, lie in one partition. */
  #store(message: TelemetryMessage): void {
    this.partitions[partitionOf(message.deviceId, this.partitions.length)]?.append(message)
  }
}
