/** Messages that wait until the client gives credit. */

import type { Outgoing, SendingLink } from './endpoint/links.ts'

/** Longest queue, in messages; then the hub detaches the link. */
const LONGEST = 1_000

export class SendQueue {
  readonly link: SendingLink
  #waiting: Outgoing[] = []

  /** Opens the link. @param onGone called once, when nothing more can be sent. */
  constructor(link: SendingLink, onGone: () => void) {
    this.link = link
    link.open({
      onCredit: () => {
        this.#flush()
      },
      onGone: () => {
        const lost = this.#waiting
        this.#waiting = []
        for (const { settled } of lost) void settled?.({ type: 'released' })
        onGone()
      },
    })
  }

  push(message: Outgoing): void {
    if (!this.link.isOpen) {
      void message.settled?.({ type: 'released' })
      return
    }
    this.#waiting.push(message)
    this.#flush()
    if (this.#waiting.length > LONGEST)
      this.link.detach({
        condition: 'amqp:resource-limit-exceeded',
        description: `Expected credit for the ${LONGEST} messages that wait.`,
      })
  }

  #flush(): void {
    while (this.link.ready) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.link.send(next)
    }
  }
}
