/** Errors of the Event Hubs endpoint: plain text with three traces, as Event Hubs writes it (docs/contract/events.md#events-errors). */

import { randomUUID } from 'node:crypto'
import type { HubError } from '../../core/errors/hub-error.ts'
import type { AmqpError } from '../codec/performative-fields.ts'
import { conditionOf } from '../refusals.ts'

/**
 * The error of a refused or detached link of a reader.
 * @param now epoch ms.
 * @param address of the link, with or without host and leading slash.
 */
export function eventHubErrorOf(error: HubError, now: number, hostName: string, address: string): AmqpError {
  const entity = address.replace(/^amqps?:\/\/[^/]*/i, '').replace(/^\//, '')
  const traces = [
    `TrackingId:${randomUUID()}_G0`,
    `SystemTracker:${hostName}:${entity}`,
    `Timestamp:${new Date(now).toISOString().slice(0, 19)}`,
  ]
  return {
    condition: conditionOf(error),
    description: `${wordsFor(error, hostName, entity)} ${traces.join(', ')}`,
  }
}

function wordsFor({ kind, message }: HubError, hostName: string, entity: string): string {
  if (kind === 'GenericNotFound')
    return `The messaging entity 'sb://${hostName}/${entity}' could not be found.`
  if (kind === 'IotHubUnauthorizedAccess') return 'Unauthorized access.'
  return message
}
