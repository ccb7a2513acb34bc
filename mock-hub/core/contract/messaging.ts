/** Stored device-to-cloud messages, and messages to the inputs of modules. */

import type { Identity } from './identity.ts'
import type { Message, TelemetryMessage } from './message.ts'

/** Numbers of the partitions after a message. */
export interface EventPositions {
  /** Sequence number of that message in the stream of all. */
  readonly after: number
  /** Epoch ms. */
  readonly createdAt: number
  /** Of each partition, what its next message gets. */
  readonly next: readonly { readonly sequenceNumber: number; readonly offset: number }[]
}

/** The device-to-cloud messages that the hub has stored. */
export interface TelemetryStream {
  /** The newest messages, oldest first; bounded by `settings.telemetryRetained`. */
  readonly messages: readonly TelemetryMessage[]
  /** Calls the listener for each new message. @returns stops listening. */
  subscribe(listener: (message: TelemetryMessage) => void): () => void
  /** Calls the listener when all messages are dropped, because the hub is reset. @returns stops listening. */
  onCleared(listener: () => void): () => void
  /** Stores an event message of the hub (twin change, lifecycle, connection state). @returns the stored message. */
  append(message: Omit<TelemetryMessage, 'sequenceNumber' | 'enqueuedAt'>): TelemetryMessage
}

/** What the store keeps of the events beside them. */
export interface EventPositionStore {
  /** Where the partitions of the events stood, as {@link EventPositionStore.keepPositions} stored it; undefined: nobody has looked. */
  readonly positions: EventPositions | undefined
  /** Stores where the partitions stand, with each group of events. */
  keepPositions(now: () => EventPositions): void
}

/** Sends messages to inputs of modules. */
export interface ModuleInputs {
  /**
   * Sends a message to an input of a module; it waits while the module is not connected.
   * @throws HubError ModuleNotFound, InvalidOperation for a device.
   */
  send(target: Identity, inputName: string, message: Message): void
}
