/** The Event Hubs-compatible endpoint: telemetry by partition, and its readers (docs/contract/events.md). */

import type { Hub } from '../../core/contract/hub.ts'
import type { EventPositionStore, TelemetryStream } from '../../core/contract/messaging.ts'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { Partition, sizeOf } from './partition.ts'
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
  /** Sequence number of the newest message in the stream of all. */
  #newest = 0
  readonly readers = new Readers()
  /** Partitions by device: hashing the id for each message would cost more than storing the message. */
  readonly #partitionOf = new Map<string, Partition | undefined>()
  readonly #consumerGroups: ReadonlySet<string> | undefined
  readonly #telemetry: TelemetryStream
  readonly #stored: EventPositionStore
  readonly #partitions: readonly Partition[]
  #stopListening: (() => void) | undefined

  constructor(
    { clock, telemetry, eventPositions }: Hub,
    { name, partitions, consumerGroups, retention }: EventHubOptions,
  ) {
    this.name = name
    this.createdAt = eventPositions.positions?.createdAt ?? clock.now()
    this.#telemetry = telemetry
    this.#stored = eventPositions
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
      this.#goOn()
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
      this.#stored.keepPositions(() => ({
        after: this.#newest,
        createdAt: this.createdAt,
        next: this.#partitions.map(({ position }) => position),
      }))
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

  /** Numbers that a reader of an earlier process has seen stay with their messages. */
  #goOn(): void {
    const { positions } = this.#stored
    const { messages } = this.#telemetry
    if (positions === undefined) return
    this.#newest = positions.after
    const known = messages.filter(({ sequenceNumber }) => sequenceNumber <= positions.after)
    for (const [index, partition] of this.#partitions.entries()) {
      const after = positions.next[index] ?? { sequenceNumber: 0, offset: 0 }
      const own = known.filter(({ deviceId }) => this.#partitionFor(deviceId) === partition)
      partition.position = {
        sequenceNumber: after.sequenceNumber - own.length,
        offset: after.offset - own.reduce((bytes, message) => bytes + sizeOf(message), 0),
      }
    }
  }

  #store(message: TelemetryMessage): void {
    this.#newest = message.sequenceNumber
    this.#partitionFor(message.deviceId)?.append(message)
  }

  /** A device and its modules have one partition. */
  #partitionFor(deviceId: string): Partition | undefined {
    let partition = this.#partitionOf.get(deviceId)
    if (partition === undefined) {
      partition = this.#partitions[partitionOf(deviceId, this.#partitions.length)]
      this.#partitionOf.set(deviceId, partition)
    }
    return partition
  }
}
