/** The links of a session: SendingLink, on which the hub sends, and ReceivingLink, on which it receives. */

import { AmqpViolation } from '../codec/malformed.ts'
import type { AmqpError, Outcome, Performatives } from '../codec/performative-fields.ts'

type Attach = Performatives['attach']

/** What a link needs of its session. */
export interface LinkPort {
  /** The peer's window allows another transfer, none waits for it, and the peer has read what was sent. */
  readonly windowOpen: boolean
  /** The connection and the session are open. */
  readonly up: boolean
  attach(fields: Attach): void
  detach(fields: Performatives['detach']): void
  flow(fields: Pick<Performatives['flow'], 'handle' | 'deliveryCount' | 'linkCredit' | 'drain'>): void
  transfer(link: SendingLink, message: Outgoing): void
  disposition(deliveryId: number, state: Outcome, settled: boolean): void
  /** Frees the handle and releases the unsettled deliveries. */
  forget(link: Link): void
  /** Ends the session with all its links. */
  end(error: AmqpError): void
}

/** In bytes, in each ATTACH of the hub: C uamqp wants the field for either role. */
export const MOST_MESSAGE_BYTES = 1_048_576

/** Sender settle modes. */
const SETTLED = 1
const MIXED = 2

/** Why a settlement is refused; undefined: it has taken effect. */
export type Refusal = AmqpError | undefined

export interface Outgoing {
  readonly payload: Buffer
  /** Default: the id of the delivery. */
  readonly tag?: Buffer | undefined
  /** Called once: with the peer's disposition, or with `released` when the link ends. */
  readonly settled?: ((outcome: Outcome) => Refusal | Promise<Refusal>) | undefined
  /** The hub needs no outcome: the delivery is settled when it is sent, unless the peer asked for unsettled ones. */
  readonly needsNoOutcome?: boolean | undefined
}

abstract class BaseLink {
  /** The ATTACH of the peer. */
  readonly peerAttach: Attach
  protected readonly port: LinkPort
  #state: 'new' | 'open' | 'detached' | 'gone' = 'new'
  #onGone: () => void = () => undefined

  constructor(port: LinkPort, peerAttach: Attach) {
    this.port = port
    this.peerAttach = peerAttach
  }

  get handle(): number {
    return this.peerAttach.handle
  }

  get isOpen(): boolean {
    return this.#state === 'open' && this.port.up
  }

  protected opened(fields: Partial<Attach>, onGone: () => void): void {
    this.#state = 'open'
    this.#onGone = onGone
    const { name, handle, role, sndSettleMode, rcvSettleMode, source, target, properties } = this.peerAttach
    this.port.attach({
      name,
      handle,
      role: !role,
      sndSettleMode,
      rcvSettleMode,
      source,
      target,
      // Python's client requires a map (docs/contract/amqp.md#amqp-link-properties).
      properties: properties ?? new Map(),
      ...fields,
    })
  }

  /** Sends an ATTACH without source and target, then a DETACH with the error (docs/contract/amqp.md#amqp-refused-link). */
  refuse(error: AmqpError): void {
    const { name, handle, role, sndSettleMode, rcvSettleMode, maxMessageSize } = this.peerAttach
    this.port.attach({
      name,
      handle,
      role: !role,
      sndSettleMode,
      rcvSettleMode,
      initialDeliveryCount: role ? 0 : undefined,
      maxMessageSize,
      properties: new Map(),
    })
    this.#state = 'detached'
    this.port.detach({ handle, closed: true, error })
  }

  /** Detaches from this side. */
  detach(error?: AmqpError): void {
    if (!this.isOpen) return
    this.#state = 'detached'
    this.port.detach({ handle: this.handle, closed: true, error })
    this.#gone()
  }

  /** Ends the session of the link. */
  endSession(error: AmqpError): void {
    this.port.end(error)
  }

  /** The peer has detached; the hub answers, unless it detached first. */
  peerDetached(): void {
    const answered = this.#state === 'detached'
    this.#state = 'gone'
    if (!answered) this.port.detach({ handle: this.handle, closed: true })
    this.port.forget(this as unknown as Link) // its two subclasses are the only links
    if (!answered) this.#gone()
  }

  /** The session or the connection is gone. */
  lost(): void {
    if (this.#state === 'gone') return
    const wasOpen = this.#state === 'open'
    this.#state = 'gone'
    if (wasOpen) this.#gone()
  }

  #gone(): void {
    const onGone = this.#onGone
    this.#onGone = () => undefined
    onGone()
  }
}

export interface SendingHandlers {
  /** Messages can be sent. */
  onCredit(): void
  /** Called once, when nothing more can be sent. */
  onGone(): void
}

export class SendingLink extends BaseLink {
  readonly type = 'sending'
  #handlers: SendingHandlers = { onCredit: () => undefined, onGone: () => undefined }
  #deliveryCount = 0
  #credit = 0

  /** The address from which the peer receives. */
  get address(): string | undefined {
    return this.peerAttach.source?.address
  }

  /** The delivery is settled when it is sent: the peer wants that, or leaves it to the hub and the hub needs no outcome. */
  presettles({ needsNoOutcome = false }: Outgoing): boolean {
    const { sndSettleMode = MIXED } = this.peerAttach
    return sndSettleMode === SETTLED || (sndSettleMode === MIXED && needsNoOutcome)
  }

  get ready(): boolean {
    return this.isOpen && this.#credit > 0 && this.port.windowOpen
  }

  open(handlers: SendingHandlers): void {
    this.#handlers = handlers
    this.opened({ initialDeliveryCount: 0, maxMessageSize: MOST_MESSAGE_BYTES }, () => {
      handlers.onGone()
    })
  }

  /** Sends a message; the link must be `ready`. */
  send(message: Outgoing): void {
    this.#credit--
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0
    this.port.transfer(this, message)
  }

  peerFlow({ deliveryCount = 0, linkCredit, drain, echo }: Performatives['flow']): void {
    if (linkCredit !== undefined) this.#credit = credit(deliveryCount, linkCredit, this.#deliveryCount)
    this.windowOpened()
    if (drain === true) {
      // Unused credit is given back.
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

/** The credit that is left of what the peer granted, in serial arithmetic (AMQP 2.6.7). */
function credit(deliveryCount: number, linkCredit: number, sent: number): number {
  const left = (deliveryCount + linkCredit - sent) >>> 0
  return left > 0x7fff_ffff ? 0 : left
}

/** A message of the peer. */
export interface Incoming {
  readonly payload: Buffer
  /** Message format: 0, or `BATCHED`. */
  readonly format: number
  /** Sends the outcome, once; nothing for a delivery that was sent settled. */
  readonly settle: (outcome: Outcome) => void
}

export interface ReceivingHandlers {
  onMessage(message: Incoming): void
  onGone(): void
}

export interface ReceivingLimits {
  /** In bytes; above it the hub detaches the link before the message is complete. */
  readonly maxMessageSize: number
  /** In messages. */
  readonly credit: number
}

/** A delivery of which transfers may follow. */
interface PartialDelivery {
  readonly id: number
  readonly format: number
  settled: boolean
  readonly parts: Buffer[]
  bytes: number
}

export class ReceivingLink extends BaseLink {
  readonly type = 'receiving'
  #handlers: ReceivingHandlers = { onMessage: () => undefined, onGone: () => undefined }
  #limits: ReceivingLimits = { maxMessageSize: 0, credit: 0 }
  #deliveryCount = 0
  #credit = 0
  #partial: PartialDelivery | undefined

  /** The address to which the peer sends. */
  get address(): string | undefined {
    return this.peerAttach.target?.address
  }

  open(handlers: ReceivingHandlers, limits: ReceivingLimits): void {
    this.#handlers = handlers
    this.#limits = limits
    this.#deliveryCount = this.peerAttach.initialDeliveryCount ?? 0
    this.opened({ maxMessageSize: limits.maxMessageSize }, () => {
      this.#partial = undefined
      handlers.onGone()
    })
    this.#grant()
  }

  peerFlow({ echo }: Performatives['flow']): void {
    if (echo === true && this.isOpen) this.#grant()
  }

  /** @throws AmqpViolation */
  peerTransfer(fields: Performatives['transfer'], payload: Buffer): void {
    // Sent before the peer knew that the hub had detached the link.
    if (!this.isOpen) return
    const partial = (this.#partial ??= this.#begin(fields))
    partial.parts.push(payload)
    partial.bytes += payload.length
    partial.settled ||= fields.settled === true
    const { maxMessageSize } = this.#limits
    if (partial.bytes > maxMessageSize)
      throw new AmqpViolation(
        'amqp:link:message-size-exceeded',
        `a message of at most ${maxMessageSize} bytes`,
        `${partial.bytes} bytes so far`,
        `The received message (delivery-id:${partial.id}, size:${partial.bytes} bytes) exceeds the limit (${maxMessageSize} bytes) currently allowed on the link.`,
      )
    if (fields.more === true && fields.aborted !== true) return
    this.#partial = undefined
    if (fields.aborted !== true) this.#deliver(partial)
    if (this.#credit <= this.#limits.credit / 2) this.#grant()
  }

  #begin({ deliveryId, messageFormat = 0, settled = false }: Performatives['transfer']): PartialDelivery {
    if (deliveryId === undefined)
      throw new AmqpViolation(
        'amqp:invalid-field',
        'a delivery id in the first transfer of a delivery',
        'none',
      )
    if (this.#credit === 0)
      throw new AmqpViolation(
        'amqp:link:transfer-limit-exceeded',
        'a transfer within the credit of the link',
        'one more',
        `There is no link credit to accept the delivery (id=${deliveryId}).`,
      )
    this.#credit--
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0
    return { id: deliveryId, format: messageFormat, settled, parts: [], bytes: 0 }
  }

  #deliver({ id, format, settled, parts }: PartialDelivery): void {
    let isSettled = settled
    const [first] = parts
    this.#handlers.onMessage({
      payload: parts.length === 1 && first !== undefined ? first : Buffer.concat(parts),
      format,
      settle: (outcome) => {
        if (isSettled || !this.port.up) return
        isSettled = true
        // Also in the mode `second`: the Python service SDK asks for it and waits for a settled outcome.
        this.port.disposition(id, outcome, true)
      },
    })
  }

  #grant(): void {
    if (!this.isOpen) return
    this.#credit = this.#limits.credit
    this.port.flow({ handle: this.handle, deliveryCount: this.#deliveryCount, linkCredit: this.#credit })
  }
}

export type Link = SendingLink | ReceivingLink
