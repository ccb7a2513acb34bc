/** What the nodes of the hub know of the connection of a link. */

import type { BrokenPart } from '../core/contract/device-faults.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { HubError } from '../core/errors/hub-error.ts'
import type { EventHub } from './events/event-hub.ts'
import type { CbsTokens } from './cbs-tokens.ts'
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

/** Credit of a link on which the hub receives, in messages. */
const CREDIT = 500
/** Above 256 KB the hub rejects a message; above this it detaches the link (WIRE-AMQP-11). */
const MOST_BYTES = 1_048_576

export function receivingLimits({ hub }: ConnectionContext): ReceivingLimits {
  return { maxMessageSize: hub.settings.maxTelemetryBytes, mostBytes: MOST_BYTES, credit: CREDIT }
}
