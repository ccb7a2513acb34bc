/** Cloud-to-device messages, and queues that back ends read, as the borders see them. */

import type { Identity } from './identity.ts'
import type { Message } from './message.ts'

/** A locked cloud-to-device message on its way to the device. */
export interface C2dDelivery {
  readonly lockToken: string
  /** 1 at the first try; MQTT sets DUP from the second on. */
  readonly deliveryCount: number
  readonly sequenceNumber: number
  readonly enqueuedAt: number
  readonly message: Message
}

export interface CloudToDevice {
  /** @throws HubError DeviceNotFound, DeviceMaximumQueueDepthExceeded, InvalidMessageExpiryTime, MessageTooLarge, … */
  send(
    target: Identity,
    message: Message,
  ): { readonly messageId: string | undefined; readonly sequenceNumber: number }
  /** Locks and gives the next message to one who polls (HTTPS); undefined: nothing waits. */
  receive(target: Identity): C2dDelivery | undefined
  /** @throws HubError DeviceMessageLockLost. */
  settle(target: Identity, lockToken: string, outcome: 'complete' | 'abandon' | 'reject'): void
  /** @returns how many messages were thrown away. */
  purge(target: Identity): number
  /** Messages waiting or locked. */
  count(target: Identity): number
  /** The same, oldest first. */
  waiting(target: Identity): readonly WaitingC2d[]
  /** Puts messages at the end of a queue as they are: a snapshot's. */
  restore(target: Identity, messages: readonly WaitingC2d[]): void
}

/** A cloud-to-device message as it waits, locked or not. */
export interface WaitingC2d {
  readonly message: Message
  readonly sequenceNumber: number
  /** Epoch ms. */
  readonly enqueuedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** Of the device it was sent to. */
  readonly generationId: string
  /** How often it was sent. */
  readonly deliveries: number
  /** How many of these count toward the most there may be. */
  readonly failures: number
}

/** A queue that back ends read with locks: feedback batches and file notifications. */
export interface ServiceQueue<T> {
  receive(): { readonly lockToken: string; readonly item: T } | undefined
  settle(lockToken: string, outcome: 'complete' | 'abandon' | 'reject'): void
  /** @returns stops listening. */
  onAvailable(listener: () => void): () => void
}

export interface FeedbackRecord {
  readonly originalMessageId: string
  readonly enqueuedTimeUtc: string
  readonly statusCode: 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged'
  readonly description: string
  readonly deviceId: string
  readonly deviceGenerationId: string
}
