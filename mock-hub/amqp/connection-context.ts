/** What the nodes of the hub know of the connection of a link. */

import type { BrokenPart } from '../core/contract/device-faults.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { HubError } from '../core/errors/hub-error.ts'
import type { EventHub } from './events/event-hub.ts'
import type { CbsTokens } from './cbs-tokens.ts'
import { MOST_MESSAGE_BYTES } from './endpoint/links.ts'
import type { ReceivingLimits } from './endpoint/links.ts'

export interface ConnectionContext {
  readonly hub: Hub
  readonly linkId: string
  readonly transport: 'amqp' | 'amqp-ws'
  readonly tokens: CbsTokens
  readonly eventHub: EventHub
  /** Host and port of the Event Hub, as clients are told. */
  readonly hostName: string
  readonly port: number
  /** Breaks a part of the connection that its devices share. */
  breakPart(part: BrokenPart): void
  /** Journals a refusal; the caller acts on it. */
  refused(error: HubError, identity?: string): void
}

/** Limits of links on which messages are sent (docs/contract/amqp.md#amqp-telemetry-size-open). */
export const MESSAGE_LIMITS: ReceivingLimits = { maxMessageSize: MOST_MESSAGE_BYTES, credit: 1_000 }
/** Limits of links on which requests are sent (docs/contract/amqp.md#amqp-cbs-link). */
export const REQUEST_LIMITS: ReceivingLimits = { maxMessageSize: MOST_MESSAGE_BYTES, credit: 100 }
