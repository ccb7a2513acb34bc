/** Links of a session: one that the hub sends on, and one that it receives on. */

import { AmqpViolation } from '../codec/malformed.ts'
import type { AmqpError, Outcome, Performatives } from '../codec/performative-fields.ts'

type Attach = Performatives['attach']

/** What a link needs of its session. */
export interface LinkPort {
  /** Room for one more transfer: the peer's window is open and nothing waits for it. */
  readonly windowOpen: boolean
  /** The connection and session are up. */
  readonly up: boolean
  attach(fields: Attach): void
  detach(fields: Performatives['detach']): void
  flow(fields: Pick<Performatives['flow'], 'handle' | 'deliveryCount' | 'linkCredit' | 'drain'>): void
  /** @returns the delivery id. */
  transfer(link: SendingLink, message: Outgoing): void
  disposition(deliveryId: number, state: Outcome): void
  /** Its handle is free again, and what was unsettled is released. */
  forget(link: Link): void
  /** Ends the session, and with it all its links. */
  end(error: AmqpError): void
}

export interface Outgoing {
  readonly payload: Buffer
  readonly tag?: Buffer | undefined
  /** Told once, by the peer's disposition or by the end of the link (as `released`). */
  readonly settled?: ((outcome: Outcome) => void) | undefined
}

abstract class BaseLink {
  /** What the peer has said when it attached. */
  readonly asked: Attach
  protected readonly port: LinkPort
  #state: 'new' | 'open' | 'detached' | 'gone' = 'new'
  #onGone: () => void = () => undefined

  constructor(port: LinkPort, asked: Attach) {
    this.port = port
    this.asked = asked
  }

  get handle(): number {
    return this.asked.handle
  }

  get isOpen(): boolean {
    return this.#state === 'open' && this.port.up
  }

  protected opened(fields: Partial<Attach>, onGone: () => void): void {
    this.#state = 'open'
    this.#onGone = onGone
    const { name, handle, role, sndSettleMode, rcvSettleMode, source, target, properties } = this.asked
    this.port.attach({
      name,
      handle,
      role: !role,
      sndSettleMode,
      rcvSettleMode,
      source,
      target,
      // Python's client merges them without looking (field notes 8.8).
      properties: properties ?? new Map(),
      ...fields,
    })
  }

  /** An attach without source and target, then a detach that says why: Go's client waits for just that (field notes 8.9). */
  refuse(error: AmqpError): void {
    const { name, handle, role, sndSettleMode, rcvSettleMode } = this.asked
    this.port.attach({
      name,
      handle,
      role: !role,
      sndSettleMode,
      rcvSettleMode,
      initialDeliveryCount: role ? 0 : undefined,
      properties: new Map(),
    })
    this.#state = 'detached'
    this.port.detach({ handle, closed: true, error })
  }

  /** Closes it from this side. */
  detach(error?: AmqpError): void {
    if (!this.isOpen) return
    this.#state = 'detached'
    this.port.detach({ handle: this.handle, closed: true, error })
    this.#gone()
  }

  /** Ends the session that it belongs to. */
  endSession(error: AmqpError): void {
    this.port.end(error)
  }

  /** The peer has detached: it is answered in kind, unless that is the answer. */
  peerDetached(closed: boolean): void {
    const answered = this.#state === 'detached'
    this.#state = 'gone'
    if (!answered) this.port.detach({ handle: this.handle, closed })
    this.port.forget(this as unknown as Link) // there are no other kinds
    if (!answered) this.#gone()
  }

  /** Session or connection are gone. */
  lost(): void {
    if (this.#state === 'gone') return
    const told = this.#state !== 'open'
    this.#state = 'gone'
    if (!told) this.#gone()
  }

  #gone(): void {
    const tell = this.#onGone
    this.#onGone = () => undefined
    tell()
  }
}

export interface SendingHandlers {
  /** There is credit, or room again: send what waits. */
  onCredit(): void
  /** Once; nothing can be sent any more. */
  onGone(): void
}

export class SendingLink extends BaseLink {
  readonly type = 'sending'
  #handlers: SendingHandlers = { onCredit: () => undefined, onGone: () => undefined }
  #deliveryCount = 0
  #credit = 0

  /** Where the peer wants to receive from. */
  get address(): string | undefined {
    return this.asked.source?.address
  }

  /** The peer asks for messages that are settled when they are sent. */
  get presettled(): boolean {
    return this.asked.sndSettleMode === 1
  }

  get ready(): boolean {
    return this.isOpen && this.#credit > 0 && this.port.windowOpen
  }

  open(handlers: SendingHandlers): void {
    this.#handlers = handlers
    this.opened({ initialDeliveryCount: 0 }, () => {
      handlers.onGone()
    })
  }

  /** Only when it is ready. */
  send(message: Outgoing): void {
    this.#credit--
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0
    this.port.transfer(this, message)
  }

  peerFlow({ deliveryCount = 0, linkCredit, drain, echo }: Performatives['flow']): void {
    if (linkCredit !== undefined) this.#credit = credit(deliveryCount, linkCredit, this.#deliveryCount)
    this.windowOpened()
    if (drain === true) {
      // What was not used is given back.
      this.#deliveryCount = (this.#deliveryCount + this.#credit) >>> 0
      this.#credit = 0
    }
    if (drain === true || echo === true)
      this.port.flow({
        handle: this.handle,
        deliveryCount: this.#deliveryCount,
        linkCredit: this.#credit,
        drain: drain === true,
      })
  }

  windowOpened(): void {
    if (this.ready) this.#handlers.onCredit()
  }
}

/** Serial arithmetic (AMQP 2.6.7): what the peer grants, less what is on its way. */
function credit(deliveryCount: number, linkCredit: number, sent: number): number {
  const left = (deliveryCount + linkCredit - sent) >>> 0
  return left > 0x7fff_ffff ? 0 : left
}

/** A message of the peer. */
export interface Incoming {
  readonly payload: Buffer
  /** 0, or another format such as the batched one. */
  readonly format: number
  /** Tells the peer what became of it; once, and not at all when it was sent settled. */
  readonly settle: (outcome: Outcome) => void
}

export interface ReceivingHandlers {
  onMessage(message: Incoming): void
  onGone(): void
}

export interface ReceivingLimits {
  /** Bytes of the largest message that is announced. */
  readonly maxMessageSize: number
  /** A message above this closes the link while it still comes in. */
  readonly mostBytes: number
  /** Messages that the peer may send ahead. */
  readonly credit: number
}

export class ReceivingLink extends BaseLink {
  readonly type = 'receiving'
  #handlers: ReceivingHandlers = { onMessage: () => undefined, onGone: () => undefined }
  #limits: ReceivingLimits = { maxMessageSize: 0, mostBytes: 0, credit: 0 }
  #deliveryCount = 0
  #credit = 0
  #coming: { id: number; format: number; settled: boolean; parts: Buffer[]; bytes: number } | undefined

  /** Where the peer sends to. */
  get address(): string | undefined {
    return this.asked.target?.address
  }

  open(handlers: ReceivingHandlers, limits: ReceivingLimits): void {
    this.#handlers = handlers
    this.#limits = limits
    this.#deliveryCount = this.asked.initialDeliveryCount ?? 0
    this.opened({ rcvSettleMode: 0, maxMessageSize: limits.maxMessageSize }, () => {
      this.#coming = undefined
      handlers.onGone()
    })
    this.#grant()
  }

  peerFlow({ echo }: Performatives['flow']): void {
    if (echo === true && this.isOpen) this.#grant()
  }

  /** @throws AmqpViolation */
  peerTransfer(fields: Performatives['transfer'], payload: Buffer): void {
    // What was on its way when the hub closed the link.
    if (!this.isOpen) return
    const coming = (this.#coming ??= this.#begin(fields))
    if (coming === undefined) return
    coming.parts.push(payload)
    coming.bytes += payload.length
    coming.settled ||= fields.settled === true
    if (coming.bytes > this.#limits.mostBytes) {
      this.detach({
        condition: 'amqp:link:message-size-exceeded',
        description: `Expected a message of at most ${this.#limits.maxMessageSize} bytes; given: more than ${this.#limits.mostBytes}.`,
      })
      return
    }
    if (fields.more === true && fields.aborted !== true) return
    this.#coming = undefined
    this.#credit--
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0
    if (fields.aborted !== true) this.#deliver(coming)
    if (this.#credit <= this.#limits.credit / 2) this.#grant()
  }

  #begin({ deliveryId, messageFormat = 0, settled = false }: Performatives['transfer']) {
    if (deliveryId === undefined)
      throw new AmqpViolation('amqp:invalid-field', 'a delivery id in the first transfer of a delivery')
    if (this.#credit > 0) return { id: deliveryId, format: messageFormat, settled, parts: [], bytes: 0 }
    this.detach({
      condition: 'amqp:link:transfer-limit-exceeded',
      description: 'Expected a transfer within the credit of the link.',
    })
    return undefined
  }

  #deliver({ id, format, settled, parts }: NonNullable<typeof this.coming>): void {
    let told = settled
    const [first] = parts
    this.#handlers.onMessage({
      payload: parts.length === 1 && first !== undefined ? first : Buffer.concat(parts),
      format,
      settle: (outcome) => {
        if (told || !this.port.up) return
        told = true
        this.port.disposition(id, outcome)
      },
    })
  }

  /** Only for its type: a private name cannot stand in one. */
  get coming() {
    return this.#coming
  }

  #grant(): void {
    if (!this.isOpen) return
    this.#credit = this.#limits.credit
    this.port.flow({ handle: this.handle, deliveryCount: this.#deliveryCount, linkCredit: this.#credit })
  }
}

export type Link = SendingLink | ReceivingLink
