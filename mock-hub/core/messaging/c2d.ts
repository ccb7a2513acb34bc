/** Cloud-to-device messages: a queue for each device and module; a message is locked from delivery until it is settled. */

import { forPurpose, type Clock } from '../../base/clock.ts'
import {
  placeKey,
  placeOf,
  type Commits,
  type StateDocument,
  type StateSource,
} from '../contract/store/commits.ts'
import { counter, type Counter } from '../store/counter.ts'
import { storedMessage, type StoredBody } from '../store/stored-message.ts'
import type { C2dDelivery, CloudToDevice, WaitingC2d } from '../contract/c2d.ts'
import type { IdentityRecord, Registry } from '../contract/registry.ts'
import type { DeviceLink } from '../contract/sessions.ts'
import type { Feedback, Outcome } from './feedback.ts'
import { identityKey, parseIdentityKey, type Identity } from '../contract/identity.ts'
import type { Message } from '../contract/message.ts'
import type { Random } from '../../base/random.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { Settings } from '../contract/settings.ts'
import { checkC2dSize, expiryOf, stamped } from './c2d-message.ts'

export interface CloudToDeviceDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly registry: Registry
  readonly feedback: Feedback
  readonly random: Random
  readonly commits: Commits
  linkOf(identity: Identity): DeviceLink | undefined
  /** Records in the journal that a message is sent to a link. */
  delivered(link: DeviceLink, delivery: C2dDelivery): void
}

interface Lock {
  readonly token: string
  /** The link that it was sent to; undefined: the device polled for it. */
  readonly link: DeviceLink | undefined
  readonly cancel: () => void
}

interface Entry extends WaitingC2d {
  cancelExpiry: () => void
  lock: Lock | undefined
  deliveries: number
  failures: number
}

/** A message in a store; its key has the identity and the sequence number. */
interface StoredC2d extends Omit<WaitingC2d, 'message'> {
  readonly message: StoredBody
}

type Settlement = 'complete' | 'abandon' | 'reject'

export class HubCloudToDevice implements CloudToDevice, StateSource<StoredC2d> {
  readonly kind = 'c2d'
  readonly #deps: CloudToDeviceDependencies
  /** Oldest first; an identity without messages has no queue. */
  readonly #queues = new Map<string, Entry[]>()
  readonly #counter: Counter
  #sequenceNumber = 0

  constructor(deps: CloudToDeviceDependencies) {
    this.#deps = deps
    deps.commits.keep(this)
    this.#counter = counter(deps.commits, 'c2d', {
      read: () => this.#sequenceNumber,
      load: (last) => {
        this.#sequenceNumber = last
      },
    })
    deps.registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#forget(identityKey(record.identity))
    })
  }

  send(
    target: Identity,
    message: Message,
  ): { readonly messageId: string | undefined; readonly sequenceNumber: number } {
    const record = this.#recipient(target)
    const { settings, clock } = this.#deps
    checkC2dSize(message, settings.maxC2dBytes)
    const now = clock.now()
    const asked = expiryOf(message.system, now, settings.clockSkewSeconds * 1000)
    const queued = this.count(target)
    if (queued >= settings.c2dQueueDepth)
      throw new HubError({
        kind: 'DeviceMaximumQueueDepthExceeded',
        message: `C2D messages enqueued for the device exceeded the queue limit of ${String(settings.c2dQueueDepth)},  see more at http://aka.ms/iothub403004`,
        rule: 'WIRE-C2D-13',
        expected: `at most ${String(settings.c2dQueueDepth)} messages waiting for a device`,
        received: 'one more',
      })
    const entry = this.#enqueue(target, {
      message: stamped(target, message, asked),
      sequenceNumber: ++this.#sequenceNumber,
      enqueuedAt: now,
      expiresAt: asked ?? now + settings.c2dTtlSeconds * 1000,
      generationId: record.generationId,
      deliveries: 0,
      failures: 0,
    })
    this.#endExpired(target, entry)
    this.#counter.changed()
    const sequenceNumber = this.#sequenceNumber
    this.#push(target)
    return { messageId: message.system.messageId, sequenceNumber }
  }

  receive(target: Identity): C2dDelivery | undefined {
    this.#deps.registry.get(target)
    const entry = this.#queues.get(identityKey(target))?.find(({ lock }) => lock === undefined)
    return entry === undefined ? undefined : this.#lock(target, entry, undefined)
  }

  settle(target: Identity, lockToken: string, outcome: Settlement): void {
    const entry = this.#queues.get(identityKey(target))?.find(({ lock }) => lock?.token === lockToken)
    if (entry === undefined)
      throw new HubError({
        kind: 'DeviceMessageLockLost',
        rule: 'WIRE-HTTP-08',
        expected: `a lock token that is still valid: a lock lasts ${String(this.#deps.settings.c2dLockSeconds)} s`,
        received: quoted(lockToken),
      })
    entry.lock?.cancel()
    entry.lock = undefined
    if (outcome === 'complete') this.#finish(target, entry, 'Success')
    else if (outcome === 'reject') this.#finish(target, entry, 'Rejected')
    else this.#released(target, entry, true)
    this.#push(target)
  }

  purge(target: Identity): number {
    const entries = [...(this.#queues.get(identityKey(target)) ?? [])]
    for (const entry of entries) this.#finish(target, entry, 'Purged')
    return entries.length
  }

  rejectWaiting(target: Identity): number {
    const entries = (this.#queues.get(identityKey(target)) ?? []).filter(({ lock }) => lock === undefined)
    for (const entry of entries) this.#finish(target, entry, 'Rejected')
    return entries.length
  }

  count(target: Identity): number {
    return this.#queues.get(identityKey(target))?.length ?? 0
  }

  waiting(target: Identity): readonly WaitingC2d[] {
    return (this.#queues.get(identityKey(target)) ?? []).map((entry) => {
      const { message, sequenceNumber, enqueuedAt, expiresAt, generationId, deliveries, failures } = entry
      return { message, sequenceNumber, enqueuedAt, expiresAt, generationId, deliveries, failures }
    })
  }

  restore(target: Identity, messages: readonly WaitingC2d[]): void {
    for (const message of messages) {
      this.#sequenceNumber = Math.max(this.#sequenceNumber, message.sequenceNumber)
      this.#counter.changed()
      this.#endExpired(target, this.#enqueue(target, message))
    }
    this.#push(target)
  }

  *keys(): Iterable<string> {
    for (const [owner, queue] of this.#queues)
      for (const { sequenceNumber } of queue) yield placeKey(owner, sequenceNumber)
  }

  read(key: string): StoredC2d | undefined {
    const { owner, place } = placeOf(key)
    const entry = this.#queues.get(owner)?.find(({ sequenceNumber }) => sequenceNumber === place)
    if (entry === undefined) return undefined
    const { message, sequenceNumber, enqueuedAt, expiresAt, generationId, deliveries, failures } = entry
    return {
      ...{ sequenceNumber, enqueuedAt, expiresAt, generationId, deliveries, failures },
      message: storedMessage.write(message),
    }
  }

  /** Locks do not outlive the process: messages wait for the next link or request. */
  load(documents: readonly StateDocument<StoredC2d>[]): void {
    this.stop()
    const inOrder = [...documents].sort((a, b) => a.value.sequenceNumber - b.value.sequenceNumber)
    for (const { key, value } of inOrder)
      this.#enqueue(parseIdentityKey(placeOf(key).owner), {
        ...value,
        message: storedMessage.read(value.message),
      })
  }

  /** The device has subscribed: sends what waits (WIRE-SESS-03). */
  deviceReady(link: DeviceLink): void {
    this.#push(link.principal.identity)
  }

  /** The link is closed: its unsettled messages wait for the next link (WIRE-C2D-11). */
  linkGone(link: DeviceLink): void {
    const { identity } = link.principal
    for (const entry of [...(this.#queues.get(identityKey(identity)) ?? [])]) {
      if (entry.lock?.link !== link) continue
      entry.lock.cancel()
      entry.lock = undefined
      this.#released(identity, entry, this.#deps.settings.lockTimeoutsCount)
    }
  }

  stop(): void {
    for (const key of [...this.#queues.keys()]) this.#forget(key)
  }

  /** @returns the message in its queue; the clock ends it when it expires. */
  #enqueue(target: Identity, waiting: WaitingC2d): Entry {
    const key = identityKey(target)
    const queue = this.#queues.get(key) ?? []
    const entry: Entry = { ...waiting, cancelExpiry: () => undefined, lock: undefined }
    const { clock } = this.#deps
    const expire = (): void => {
      this.#expired(key, target, entry)
    }
    entry.cancelExpiry = clock.schedule(
      entry.expiresAt - clock.now(),
      forPurpose({ kind: 'c2d-expiry', identity: key }, expire),
    )
    queue.push(entry)
    this.#queues.set(key, queue)
    this.#changed(key, entry)
    return entry
  }

  /** A message that is older than its time when it comes. */
  #endExpired(target: Identity, entry: Entry): void {
    if (entry.expiresAt <= this.#deps.clock.now()) this.#finish(target, entry, 'Expired')
  }

  /** Sends what waits, in order, up to the limit of unsettled messages (WIRE-C2D-20, WIRE-SESS-18). */
  #push(target: Identity): void {
    const key = identityKey(target)
    for (;;) {
      const queue = this.#queues.get(key)
      if (queue === undefined) return
      const link = this.#deps.linkOf(target)
      if (link?.accepts('c2d') !== true) return
      let sent = 0
      for (const { lock } of queue) if (lock?.link === link) sent++
      if (sent >= this.#deps.settings.maxUnacknowledged) return
      const next = queue.find(({ lock }) => lock === undefined)
      if (next === undefined) return
      const delivery = this.#lock(target, next, link)
      this.#deps.delivered(link, delivery)
      // With QoS 0 this settles the message, which may call this method again.
      link.deliverC2d(delivery)
    }
  }

  #lock(target: Identity, entry: Entry, link: DeviceLink | undefined): C2dDelivery {
    const token = this.#deps.random.bytes(16).toString('hex')
    const release = (): void => {
      if (entry.lock?.token !== token) return
      entry.lock = undefined
      this.#released(target, entry, this.#deps.settings.lockTimeoutsCount)
      this.#push(target)
    }
    const cancel = this.#deps.clock.schedule(
      this.#deps.settings.c2dLockSeconds * 1000,
      forPurpose({ kind: 'c2d-lock', identity: identityKey(target) }, release),
    )
    entry.lock = { token, link, cancel }
    const redelivered = entry.deliveries > 0
    entry.deliveries++
    this.#changed(identityKey(target), entry)
    const { message, sequenceNumber, enqueuedAt, failures } = entry
    return { lockToken: token, deliveryCount: failures + 1, redelivered, sequenceNumber, enqueuedAt, message }
  }

  /** Puts the message back into the queue, or ends it after too many deliveries (WIRE-C2D-17). */
  #released(target: Identity, entry: Entry, counts: boolean): void {
    if (counts) entry.failures++
    this.#changed(identityKey(target), entry)
    if (entry.failures >= this.#deps.settings.c2dMaxDeliveryCount)
      this.#finish(target, entry, 'DeliveryCountExceeded')
    else if (entry.expiresAt <= this.#deps.clock.now()) this.#finish(target, entry, 'Expired')
  }

  /** A message that is locked at its expiry may still be completed. */
  #expired(key: string, target: Identity, entry: Entry): void {
    const waits = this.#queues.get(key)?.includes(entry) === true && entry.lock === undefined
    if (waits) this.#finish(target, entry, 'Expired')
  }

  #finish(target: Identity, entry: Entry, outcome: Outcome): void {
    const key = identityKey(target)
    const queue = this.#queues.get(key)
    const index = queue?.indexOf(entry) ?? -1
    if (queue === undefined || index < 0) return
    queue.splice(index, 1)
    this.#changed(key, entry)
    if (queue.length === 0) this.#queues.delete(key)
    entry.lock?.cancel()
    entry.cancelExpiry()
    const { ack, messageId = '' } = entry.message.system
    this.#deps.feedback.add(ack, outcome, {
      originalMessageId: messageId,
      deviceId: target.deviceId,
      deviceGenerationId: entry.generationId,
    })
  }

  #changed(key: string, { sequenceNumber, message }: WaitingC2d): void {
    const { commits } = this.#deps
    if (commits.active) commits.changed('c2d', placeKey(key, sequenceNumber), message.body.length + 512)
  }

  #forget(key: string): void {
    for (const entry of this.#queues.get(key) ?? []) {
      this.#changed(key, entry)
      entry.lock?.cancel()
      entry.cancelExpiry()
    }
    this.#queues.delete(key)
  }

  #recipient(target: Identity): IdentityRecord {
    const { registry } = this.#deps
    const record = registry.get(target)
    // The status of a module is that of its device.
    if (registry.get({ deviceId: target.deviceId }).status === 'enabled') return record
    throw new HubError({
      kind: 'DeviceNotFound',
      rule: 'WIRE-METH-19',
      expected: 'a device that is enabled',
      received: `${quoted(target.deviceId)}, which is disabled`,
    })
  }
}
