/** What the nodes of the hub know of the connection that a link belongs to. */

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
  /** Where clients are told to look for the Event Hub: host and port of this hub as they see it. */
  readonly hostName: string
  readonly port: number
  /** Breaks a part of the connection that is no device's own, as a fault says. */
  breakPart(part: BrokenPart): void
  /** Journals a refusal; what follows from it is the caller's. */
  refused(error: HubError, identity?: string): void
}

/** Messages that a client may send ahead on a link. */
const CREDIT = 500
/** WIRE-AMQP-11: above 256 KB rejected, above 1 MB the link is dropped. */
const MOST_BYTES = 1_048_576

export function receivingLimits({ hub }: ConnectionContext): ReceivingLimits {
  return { maxMessageSize: hub.settings.maxTelemetryBytes, mostBytes: MOST_BYTES, credit: CREDIT }
}
