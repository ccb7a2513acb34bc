/** Cloud-to-device messages, and the queues that back ends read. */

import type { Identity } from './identity.ts'
import type { Message } from './message.ts'

/** A locked cloud-to-device message on its way to the device. */
export interface C2dDelivery {
  /** Identifies the lock; `settle` takes it. */
  readonly lockToken: string
  /** 1 at first; an abandon raises it, a lock that runs out only with the setting `lockTimeoutsCount`. */
  readonly deliveryCount: number
  /** Whether the device has been sent the message before; MQTT then sets DUP. */
  readonly redelivered: boolean
  /** Position among the messages to this device, from 1. */
  readonly sequenceNumber: number
  /** Epoch ms. */
  readonly enqueuedAt: number
  /** The message. */
  readonly message: Message
}

/** Sends and settles cloud-to-device messages. */
export interface CloudToDevice {
  /**
   * Sends a message; it waits while the device is not connected.
   * @throws HubError DeviceNotFound, ModuleNotFound, DeviceMaximumQueueDepthExceeded, InvalidMessageExpiryTime,
   *   MessageTooLarge, ArgumentInvalid, OperationNotAvailableInCurrentTier.
   */
  send(
    target: Identity,
    message: Message,
  ): { readonly messageId: string | undefined; readonly sequenceNumber: number }
  /** Locks and returns the next message, for a device that polls over HTTPS; undefined: no message waits. */
  receive(target: Identity): C2dDelivery | undefined
  /** Ends the lock of a message. @throws HubError DeviceMessageLockLost. */
  settle(target: Identity, lockToken: string, outcome: 'complete' | 'abandon' | 'reject'): void
  /** Deletes all messages of a device. @returns the number of deleted messages. */
  purge(target: Identity): number
  /** Rejects the messages of a device that wait; those that are locked stay. @returns the number of rejected messages. */
  rejectWaiting(target: Identity): number
  /** The number of messages that wait or are locked. */
  count(target: Identity): number
  /** The messages that wait or are locked, oldest first. */
  waiting(target: Identity): readonly WaitingC2d[]
  /** Appends messages of a snapshot to a queue, unchanged. */
  restore(target: Identity, messages: readonly WaitingC2d[]): void
}

/** A cloud-to-device message in the queue, locked or not. */
export interface WaitingC2d {
  /** The message. */
  readonly message: Message
  /** Position among the messages to this device, from 1. */
  readonly sequenceNumber: number
  /** Epoch ms. */
  readonly enqueuedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  /** Generation ID of the device that it was sent to. */
  readonly generationId: string
  /** Number of deliveries. */
  readonly deliveries: number
  /** Number of deliveries that count towards the maximum delivery count. */
  readonly failures: number
}

/** A queue that back ends read with locks: feedback batches and file notifications. */
export interface ServiceQueue<T> {
  /** Locks and returns the next item; undefined: the queue is empty. */
  receive(): { readonly lockToken: string; readonly item: T } | undefined
  /** Ends the lock of an item. @throws HubError DeviceMessageLockLost. */
  settle(lockToken: string, outcome: 'complete' | 'abandon' | 'reject'): void
  /** Calls the listener when an item becomes available. @returns stops listening. */
  onAvailable(listener: () => void): () => void
}

/** What became of a cloud-to-device message for which feedback was requested. */
export interface FeedbackRecord {
  /** `messageId` of the message. */
  readonly originalMessageId: string
  /** Time of the outcome, ISO 8601 in UTC. */
  readonly enqueuedTimeUtc: string
  /** The outcome. */
  readonly statusCode: 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged'
  /** The outcome as text: `Message rejected` of `Rejected`, else the status code. */
  readonly description: string
  /** ID of the device. */
  readonly deviceId: string
  /** Generation ID of the device. */
  readonly deviceGenerationId: string
}
