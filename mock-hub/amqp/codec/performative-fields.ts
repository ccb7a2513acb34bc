/** The fields of the performatives of AMQP 1.0 (part 2, section 2.7; SASL: part 5, section 5.3.3). */

import type { Typed } from './values.ts'

export interface Terminus {
  readonly address: string | undefined
  readonly dynamic: boolean
  /** Filters by name; only sources have them. */
  readonly filter: ReadonlyMap<string, Typed> | undefined
}

export interface AmqpError {
  readonly condition: string
  readonly description?: string | undefined
  /** The keys are written as symbols (docs/contract/amqp.md#amqp-symbol-keys). */
  readonly info?: ReadonlyMap<string, Typed> | undefined
}

/** The outcome of a delivery. */
export interface Outcome {
  readonly type: 'received' | 'accepted' | 'rejected' | 'released' | 'modified'
  readonly error?: AmqpError | undefined
  /** This field and the next belong to `modified`. */
  readonly deliveryFailed?: boolean | undefined
  readonly undeliverableHere?: boolean | undefined
}

type Properties = ReadonlyMap<string, Typed> | undefined

/** Fields by name. A field that is left out is written with its default of the specification, or null. */
export interface Performatives {
  open: {
    readonly containerId: string
    readonly hostname?: string | undefined
    readonly maxFrameSize?: number | undefined
    readonly channelMax?: number | undefined
    /** In ms. */
    readonly idleTimeOut?: number | undefined
    readonly properties?: Properties
  }
  begin: {
    readonly remoteChannel?: number | undefined
    readonly nextOutgoingId: number
    readonly incomingWindow: number
    readonly outgoingWindow: number
    readonly handleMax?: number | undefined
  }
  attach: {
    readonly name: string
    readonly handle: number
    /** True: the sender of this performative receives. */
    readonly role: boolean
    readonly sndSettleMode?: number | undefined
    readonly rcvSettleMode?: number | undefined
    readonly source?: Terminus | undefined
    readonly target?: Terminus | undefined
    readonly initialDeliveryCount?: number | undefined
    readonly maxMessageSize?: number | undefined
    readonly properties?: Properties
  }
  flow: {
    readonly nextIncomingId?: number | undefined
    readonly incomingWindow: number
    readonly nextOutgoingId: number
    readonly outgoingWindow: number
    readonly handle?: number | undefined
    readonly deliveryCount?: number | undefined
    readonly linkCredit?: number | undefined
    readonly available?: number | undefined
    readonly drain?: boolean | undefined
    readonly echo?: boolean | undefined
  }
  transfer: {
    readonly handle: number
    readonly deliveryId?: number | undefined
    readonly deliveryTag?: Buffer | undefined
    readonly messageFormat?: number | undefined
    readonly settled?: boolean | undefined
    readonly more?: boolean | undefined
    readonly aborted?: boolean | undefined
  }
  disposition: {
    readonly role: boolean
    readonly first: number
    readonly last?: number | undefined
    readonly settled?: boolean | undefined
    readonly state?: Outcome | undefined
  }
  detach: {
    readonly handle: number
    readonly closed?: boolean | undefined
    readonly error?: AmqpError | undefined
  }
  end: { readonly error?: AmqpError | undefined }
  close: { readonly error?: AmqpError | undefined }
  saslMechanisms: { readonly mechanisms: readonly string[] }
  saslInit: {
    readonly mechanism: string
    readonly initialResponse?: Buffer | undefined
    readonly hostname?: string | undefined
  }
  saslOutcome: { readonly code: number; readonly additionalData?: Buffer | undefined }
}
export type PerformativeName = keyof Performatives

export type Performative = {
  [K in PerformativeName]: { readonly name: K; readonly fields: Performatives[K] }
}[PerformativeName]
