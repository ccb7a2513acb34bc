/** Answers to requests that a client sent before it attached the link for them (docs/contract/amqp.md#amqp-twin-early-answer). */

import type { Outgoing } from './endpoint/links.ts'
import type { SendQueue } from './send-queue.ts'

/** In messages; the oldest are lost. */
const MOST = 100

export class EarlyAnswers {
  /** Undefined: a link has been attached; answers that find none are lost from then on. */
  #waiting: Outgoing[] | undefined = []

  hold(answer: Outgoing): void {
    if (this.#waiting === undefined) return
    this.#waiting.push(answer)
    if (this.#waiting.length > MOST) this.#waiting.shift()
  }

  /** The first link is attached. */
  sendOn(queue: SendQueue): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const answer of waiting) queue.push(answer)
  }
}
