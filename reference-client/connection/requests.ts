/**
 * Requests over MQTT that are answered on another topic: issued under an id, settled by the answer with that id, not by
 * the acknowledgement. A request whose answer was lost with the link is made again on the next one (decision D-04).
 */

import { randomUUID } from 'node:crypto'
import type { ConnectionAware } from '../core/ports.ts'
import type { Outbox } from './outbox.ts'

export interface Answer {
  readonly status: number
  readonly payload: Buffer
}

interface Pending {
  readonly topic: string
  readonly payload: string
  readonly answered: (answer: Answer) => void
  readonly failed: (error: Error) => void
  /** The hub has the request; only the answer is missing. */
  acknowledged: boolean
  takeBack: () => void
}

export class Requests implements ConnectionAware {
  readonly #outbox: Outbox
  readonly #pending = new Map<string, Pending>()

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** @param topicOf - the topic for a request id. @param signal - gives the request up. */
  ask(
    topicOf: (requestId: string) => string,
    payload: string,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const requestId = randomUUID()
    return new Promise((answered, failed) => {
      const pending: Pending = {
        topic: topicOf(requestId),
        payload,
        answered,
        failed,
        acknowledged: false,
        takeBack: () => undefined,
      }
      this.#pending.set(requestId, pending)
      signal?.addEventListener('abort', () => {
        this.#pending.delete(requestId)
        pending.takeBack()
      })
      this.#post(requestId, pending)
    })
  }

  /** An answer came; one that nobody waits for is passed over. */
  settle(requestId: string, answer: Answer): void {
    const pending = this.#pending.get(requestId)
    if (pending === undefined) return
    this.#pending.delete(requestId)
    pending.answered(answer)
  }

  attach(): void {
    for (const [requestId, pending] of this.#pending) {
      if (pending.acknowledged) this.#post(requestId, pending)
    }
  }

  detach(): void {
    // Answers may still come on the next link.
  }

  release(error: () => Error): void {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of all) pending.failed(error())
  }

  #post(requestId: string, pending: Pending): void {
    pending.acknowledged = false
    pending.takeBack = this.#outbox.post({
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
