/** What the capabilities of one client share: its settings, its connection and the queues that depend on it. */

import type { Scope } from '../core/call.ts'
import { alreadyShutDown } from '../core/errors/client-errors.ts'
import type { Identity } from '../core/ports.ts'
import type { ReceiveMode } from '../core/receive-mode.ts'
import type { Connection } from '../connection/connection.ts'
import type { Outbox } from '../connection/outbox.ts'
import type { Subscriptions } from '../connection/subscriptions.ts'
import { diagnose, isWatched } from '../client/diagnostics.ts'
import type { MessageTopics } from '../mqtt/topics.ts'
import type { Settings } from '../client/settings.ts'

export interface Session {
  readonly identity: Identity
  readonly settings: Settings
  readonly topics: MessageTopics
  readonly connection: Connection
  readonly outbox: Outbox
  readonly subscriptions: Subscriptions
  readonly mode: ReceiveMode
  /** The client: the owner of the handlers. */
  readonly owner: object
  /** Reports a background exception. */
  readonly report: (error: Error) => void
}

/** @throws ClientError after `shutdown`. */
export function assertNotShutDown({ connection }: Session): void {
  if (connection.stopped) throw alreadyShutDown()
}

/** Publishes with QoS 1; settles with the acknowledgement. Connects first when needed and allowed. */
export function publish(
  session: Session,
  topic: string,
  payload: string | Uint8Array,
  scope: Scope | undefined,
): Promise<void> {
  if (session.connection.connected) return post(session, topic, payload, scope)
  return session.connection.ready().then(() => {
    if (scope?.givenUp !== true) return post(session, topic, payload, scope)
    return undefined
  })
}

function post(
  session: Session,
  topic: string,
  payload: string | Uint8Array,
  scope: Scope | undefined,
): Promise<void> {
  return new Promise((resolve, failed) => {
    const cancel = session.outbox.post({
      topic,
      payload,
      delivered: delivered(resolve, topic, payload),
      failed,
    })
    scope?.signal.addEventListener('abort', cancel)
  })
}

function delivered(resolve: () => void, topic: string, payload: string | Uint8Array): () => void {
  if (!isWatched('sent')) return resolve
  return () => {
    diagnose('sent', () => ({ topic, sizeBytes: Buffer.byteLength(payload) }))
    resolve()
  }
}

/** Subscribes once per client. Connects first when needed and allowed. */
export function subscribed(session: Session, filter: string): Promise<void> {
  if (session.subscriptions.has(filter)) return Promise.resolve()
  return session.connection.ready().then(() => session.subscriptions.add(filter))
}
