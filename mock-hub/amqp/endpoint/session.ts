/** A session: its links by handle, its transfer windows and its unsettled deliveries. */

import { AmqpViolation } from '../codec/malformed.ts'
import { ReceivingLink, SendingLink } from './links.ts'
import type { Link, LinkPort, Outgoing, Refusal } from './links.ts'
import type {
  AmqpError,
  Outcome,
  Performative,
  PerformativeName,
  Performatives,
} from '../codec/performative-fields.ts'

export interface SessionPort {
  /** The connection is open. */
  readonly up: boolean
  /** The peer has not read what was sent. */
  readonly congested: boolean
  /** Largest frame that the peer accepts, in bytes. */
  readonly peerFrameSize: number
  send<K extends PerformativeName>(channel: number, name: K, fields: Performatives[K], payload?: Buffer): void
  /** The peer attaches a link, which must be opened or refused before this returns. */
  attached(link: Link): void
  /** Journals a violation. @returns the error for the peer. */
  refused(error: AmqpViolation): AmqpError
}

/** In transfers; this and the next two as captured (docs/contract/amqp.md#amqp-begin). */
const INCOMING_WINDOW = 5_000
const FIRST_OUTGOING_ID = 1
const HANDLE_MAX = 262_143
/** Bytes of a frame that are kept for the transfer performative. */
const TRANSFER_BYTES = 128
/** .NET makes a GUID of a tag (docs/contract/amqp.md#amqp-delivery-tag). */
const TAG_BYTES = 16

interface Pending {
  readonly fields: Performatives['transfer']
  readonly payload: Buffer
}
interface Unsettled {
  readonly link: SendingLink
  readonly settled: NonNullable<Outgoing['settled']>
}

export class Session implements LinkPort {
  readonly #port: SessionPort
  readonly #channel: number
  readonly #handleMax: number
  readonly #links = new Map<number, Link>()
  /** The newest link of each name and role. */
  readonly #byName = new Map<string, Link>()
  readonly #unsettled = new Map<number, Unsettled>()
  /** Transfers that wait for the peer's window. */
  readonly #waiting: Pending[] = []
  #over = false
  #nextIncomingId: number
  #incomingWindow = INCOMING_WINDOW
  #nextOutgoingId = FIRST_OUTGOING_ID
  #peerWindow: number
  #nextDeliveryId = 0

  constructor(port: SessionPort, channel: number, begin: Performatives['begin']) {
    this.#port = port
    this.#channel = channel
    this.#nextIncomingId = begin.nextOutgoingId
    this.#peerWindow = begin.incomingWindow
    this.#handleMax = Math.min(begin.handleMax ?? HANDLE_MAX, HANDLE_MAX)
    this.#send('begin', {
      remoteChannel: channel,
      nextOutgoingId: FIRST_OUTGOING_ID,
      incomingWindow: INCOMING_WINDOW,
      // The hub sends as much as the peer takes.
      outgoingWindow: this.#peerWindow,
      handleMax: this.#handleMax,
    })
  }

  get up(): boolean {
    return !this.#over && this.#port.up
  }

  get windowOpen(): boolean {
    return this.#peerWindow > 0 && this.#waiting.length === 0 && !this.#port.congested
  }

  /** A violation ends the session; other sessions of the connection stay (WIRE-AMQP-20). */
  receive(performative: Performative, payload: Buffer): void {
    // Sent before the peer knew that the hub had ended the session.
    if (this.#over) return
    try {
      this.#receive(performative, payload)
    } catch (error) {
      if (!(error instanceof AmqpViolation)) throw error
      this.end(this.#port.refused(error))
    }
  }

  #receive({ name, fields }: Performative, payload: Buffer): void {
    switch (name) {
      case 'attach':
        this.#attached(fields)
        break
      case 'flow':
        this.#flowed(fields)
        break
      case 'transfer':
        this.#transferred(fields, payload)
        break
      case 'disposition':
        this.#disposed(fields)
        break
      case 'detach':
        // The hub may have refused or detached the link before.
        this.#links.get(fields.handle)?.peerDetached()
        break
      case 'end':
        this.#send('end', {})
        this.lost()
        break
      default:
        throw new AmqpViolation('amqp:not-allowed', 'a performative of a session', name)
    }
  }

  /** Ends the session from this side. */
  end(error: Performatives['end']['error']): void {
    if (!this.up) return
    this.#send('end', { error })
    this.lost()
  }

  lost(): void {
    if (this.#over) return
    this.#over = true
    this.#waiting.length = 0
    for (const link of [...this.#links.values()]) this.#drop(link)
  }

  // ---- LinkPort

  attach(fields: Performatives['attach']): void {
    this.#send('attach', fields)
  }

  detach(fields: Performatives['detach']): void {
    if (!this.up) return
    this.#send('detach', fields)
    const link = this.#links.get(fields.handle)
    if (link !== undefined) this.#release(link)
  }

  flow(fields: Parameters<LinkPort['flow']>[0]): void {
    if (!this.up) return
    this.#incomingWindow = INCOMING_WINDOW
    this.#send('flow', {
      nextIncomingId: this.#nextIncomingId,
      incomingWindow: this.#incomingWindow,
      nextOutgoingId: this.#nextOutgoingId,
      outgoingWindow: this.#peerWindow,
      available: 0,
      ...fields,
    })
  }

  transfer(link: SendingLink, outgoing: Outgoing): void {
    const { payload, tag, settled } = outgoing
    const isSettled = link.presettles(outgoing)
    const deliveryId = this.#nextDeliveryId
    this.#nextDeliveryId = (deliveryId + 1) >>> 0
    if (!isSettled && settled !== undefined) this.#unsettled.set(deliveryId, { link, settled })
    const most = Math.max(TRANSFER_BYTES, this.#port.peerFrameSize - TRANSFER_BYTES)
    for (let at = 0; at === 0 || at < payload.length; at += most) {
      const fields = {
        handle: link.handle,
        deliveryId,
        deliveryTag: tag ?? tagOf(deliveryId),
        messageFormat: 0,
        settled: isSettled,
        more: at + most < payload.length,
      }
      this.#waiting.push({ fields, payload: payload.subarray(at, at + most) })
    }
    this.#pump()
    if (isSettled) void settled?.({ type: 'accepted' })
  }

  disposition(deliveryId: number, state: Outcome, settled: boolean): void {
    this.#send('disposition', { role: true, first: deliveryId, last: deliveryId, settled, state })
  }

  forget(link: Link): void {
    this.#links.delete(link.handle)
    const key = keyOf(link)
    if (this.#byName.get(key) === link) this.#byName.delete(key)
    this.#release(link)
  }

  // ---- from the peer

  #attached(fields: Performatives['attach']): void {
    const { handle, role } = fields
    if (handle > this.#handleMax)
      throw new AmqpViolation(
        'amqp:resource-limit-exceeded',
        `a handle of at most ${this.#handleMax}`,
        `${handle}`,
      )
    if (this.#links.has(handle))
      throw new AmqpViolation('amqp:session:handle-in-use', 'a handle that is free', `${handle}`)
    const link = role ? new SendingLink(this, fields) : new ReceivingLink(this, fields)
    this.#steal(link)
    this.#links.set(handle, link)
    this.#port.attached(link)
  }

  /** An open link that has the name and role of a new one is detached (WIRE-AMQP-21). */
  #steal(link: Link): void {
    const key = keyOf(link)
    const older = this.#byName.get(key)
    this.#byName.set(key, link)
    if (older?.isOpen !== true) return
    const error = new AmqpViolation('amqp:link:stolen', 'a name that no open link has', key)
    older.detach(this.#port.refused(error))
  }

  #flowed(fields: Performatives['flow']): void {
    const { nextIncomingId = FIRST_OUTGOING_ID, incomingWindow, handle, echo } = fields
    const ahead = (this.#nextOutgoingId - nextIncomingId) >>> 0
    this.#peerWindow = Math.max(0, incomingWindow - (ahead > 0x7fff_ffff ? 0 : ahead))
    this.#pump()
    if (handle !== undefined) this.#linkOf(handle).peerFlow(fields)
    else if (echo === true) this.flow({})
    this.windowOpened()
  }

  /** Links that wait for the window, or for a peer that did not read, can send again. */
  windowOpened(): void {
    if (this.windowOpen)
      for (const link of [...this.#links.values()]) if (link.type === 'sending') link.windowOpened()
  }

  #transferred(fields: Performatives['transfer'], payload: Buffer): void {
    this.#nextIncomingId = (this.#nextIncomingId + 1) >>> 0
    if (--this.#incomingWindow < 0)
      throw new AmqpViolation(
        'amqp:session:window-violation',
        `at most ${INCOMING_WINDOW} transfers in the window of the session`,
        'one more',
      )
    const link = this.#linkOf(fields.handle)
    try {
      if (link.type === 'sending')
        throw new AmqpViolation(
          'amqp:not-allowed',
          'transfers on links on which the hub receives',
          `one on handle ${fields.handle}`,
        )
      link.peerTransfer(fields, payload)
    } catch (error) {
      if (!(error instanceof AmqpViolation)) throw error
      link.detach(this.#port.refused(error))
    }
    if (this.#incomingWindow < INCOMING_WINDOW / 2) this.flow({})
  }

  /** Each outcome that is not settled is answered, also a repeated one (WIRE-AMQP-13). */
  #disposed({ role, first, last = first, settled = false, state }: Performatives['disposition']): void {
    // Deliveries of the peer are settled by the hub.
    if (!role) return
    if (!settled && (state === undefined || state.type === 'received')) return
    const outcome = state ?? { type: 'accepted' }
    const stop = Math.min(last + 1, this.#nextDeliveryId)
    let next = first
    for (const id of this.#unsettledWithin(first, stop)) {
      if (!settled && id > next) this.#answer(next, id - 1, undefined)
      next = id + 1
      this.#settle(id, outcome, !settled)
    }
    if (!settled && next < stop) this.#answer(next, stop - 1, undefined)
  }

  /** The unsettled ids of a range, which may be long, in order. */
  #unsettledWithin(first: number, stop: number): readonly number[] {
    const ids: number[] = []
    if (stop - first <= this.#unsettled.size) {
      for (let id = first; id < stop; id++) if (this.#unsettled.has(id)) ids.push(id)
    } else for (const id of this.#unsettled.keys()) if (id >= first && id < stop) ids.push(id)
    return ids
  }

  #settle(id: number, outcome: Outcome, waits: boolean): void {
    const unsettled = this.#unsettled.get(id)
    this.#unsettled.delete(id)
    const refusal = unsettled?.settled(outcome)
    if (!waits) return
    if (refusal instanceof Promise)
      void refusal.then((later) => {
        this.#answer(id, id, later)
      })
    else this.#answer(id, id, refusal)
  }

  /** The answer says whether the outcome has taken effect: .NET takes all but `accepted` for a failure. */
  #answer(first: number, last: number, refusal: Refusal): void {
    if (!this.up) return
    const state: Outcome = refusal === undefined ? { type: 'accepted' } : { type: 'rejected', error: refusal }
    this.#send('disposition', { role: false, first, last, settled: true, state })
  }

  // ---- to the peer

  #pump(): void {
    while (this.#peerWindow > 0 && this.up) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#peerWindow--
      this.#nextOutgoingId = (this.#nextOutgoingId + 1) >>> 0
      this.#send('transfer', next.fields, next.payload)
    }
  }

  #linkOf(handle: number): Link {
    const link = this.#links.get(handle)
    if (link !== undefined) return link
    throw new AmqpViolation('amqp:session:unattached-handle', 'the handle of a link', `${handle}`)
  }

  #drop(link: Link): void {
    this.#links.delete(link.handle)
    this.#release(link)
    link.lost()
  }

  #release(link: Link): void {
    if (link.type === 'receiving') return
    for (const [id, unsettled] of [...this.#unsettled]) {
      if (unsettled.link !== link) continue
      this.#unsettled.delete(id)
      void unsettled.settled({ type: 'released' })
    }
  }

  #send<K extends PerformativeName>(name: K, fields: Performatives[K], payload?: Buffer): void {
    this.#port.send(this.#channel, name, fields, payload)
  }
}

function keyOf({ peerAttach: { name, role } }: Link): string {
  return `${role ? 'receiver' : 'sender'} ${name.toLowerCase()}`
}

function tagOf(deliveryId: number): Buffer {
  const tag = Buffer.alloc(TAG_BYTES)
  tag.writeUInt32BE(deliveryId, TAG_BYTES - 4)
  return tag
}
