/** Cloud-to-device messages, and the queues that back ends read. */

import type { Identity } from './identity.ts'
import type { Message } from './message.ts'

/** A locked cloud-to-device message on its way to the device. */
export interface C2dDelivery {
  readonly lockToken: string
  /** 1 at the first delivery; MQTT sets DUP from the second on. */
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
  /** Locks the next message and returns it, for devices that poll (HTTPS); undefined: the queue is empty. */
  receive(target: Identity): C2dDelivery | undefined
  /** @throws HubError DeviceMessageLockLost. */
  settle(target: Identity, lockToken: string, outcome: 'complete' | 'abandon' | 'reject'): void
  /** Empties the queue. @returns the number of messages it had. */
  purge(target: Identity): number
  /** Messages waiting or locked. */
  count(target: Identity): number
  /** Messages waiting or locked, oldest first. */
  waiting(target: Identity): readonly WaitingC2d[]
  /** Adds messages of a snapshot to the end of the queue. */
  restore(target: Identity, messages: readonly WaitingC2d[]): void
}

/** A cloud-to-device message in its queue, locked or not. */
export interface WaitingC2d {
  readonly message: Message
  readonly sequenceNumber: number
  /** Epoch ms. */
  readonly enqueuedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** Generation of the target device. */
  readonly generationId: string
  /** Number of deliveries. */
  readonly deliveries: number
  /** Number of deliveries that count towards the maximum. */
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
