/**
 * MQTT requests with a response on another topic. A request is settled by the response with its id, not by the
 * acknowledgement. A request whose response was lost with the link is repeated on the next link (decision D-04).
 */

import { randomUUID } from 'node:crypto'
import type { ConnectionAware } from '../core/ports.ts'
import type { Outbox } from './outbox.ts'

export interface Response {
  readonly status: number
  readonly payload: Buffer
}

interface Pending {
  readonly topic: string
  readonly payload: string
  readonly responded: (response: Response) => void
  readonly failed: (error: Error) => void
  /** The hub has the request; only the response is missing. */
  acknowledged: boolean
  cancel: () => void
}

export class Requests implements ConnectionAware {
  readonly #outbox: Outbox
  readonly #pending = new Map<string, Pending>()

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** @param topicOf - the topic for a request id. @param signal - cancels the request. */
  send(
    topicOf: (requestId: string) => string,
    payload: string,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const requestId = randomUUID()
    return new Promise((responded, failed) => {
      const pending: Pending = {
        topic: topicOf(requestId),
        payload,
        responded,
        failed,
        acknowledged: false,
        cancel: () => undefined,
      }
      this.#pending.set(requestId, pending)
      signal?.addEventListener('abort', () => {
        this.#pending.delete(requestId)
        pending.cancel()
      })
      this.#post(requestId, pending)
    })
  }

  /** A response arrived; ignored when no request waits for it. */
  settle(requestId: string, response: Response): void {
    const pending = this.#pending.get(requestId)
    if (pending === undefined) return
    this.#pending.delete(requestId)
    pending.responded(response)
  }

  attach(): void {
    for (const [requestId, pending] of this.#pending) {
      if (pending.acknowledged) this.#post(requestId, pending)
    }
  }

  detach(): void {
    // Responses can still arrive on the next link.
  }

  release(error: () => Error): void {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of all) pending.failed(error())
  }

  #post(requestId: string, pending: Pending): void {
    pending.acknowledged = false
    pending.cancel = this.#outbox.post({
      topic: pending.topic,
      payload: pending.payload,
      delivered: () => {
        pending.acknowledged = true
      },
      failed: (error) => {
        this.#pending.delete(requestId)
        pending.failed(error)
      },
    })
  }
}
