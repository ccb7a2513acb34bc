/** Messages that wait until the client gives credit. */

import { unreadError } from '../core/errors/limits.ts'
import { HubError } from '../core/errors/hub-error.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { Outgoing, SendingLink } from './endpoint/links.ts'

/** Longest queue; then the hub detaches the link. */
const MOST_MESSAGES = 1_000

export class SendQueue {
  readonly link: SendingLink
  readonly #context: ConnectionContext
  #waiting: Outgoing[] = []
  #bytes = 0

  /** Opens the link. @param onGone called once, when nothing more can be sent. */
  constructor(link: SendingLink, context: ConnectionContext, onGone: () => void) {
    this.link = link
    this.#context = context
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
    this.#bytes += message.payload.length
    this.#flush()
    const { maxUnreadBytes } = this.#context.hub.settings
    if (this.#bytes > maxUnreadBytes)
      this.#overflow(unreadError('messages without credit', this.#bytes, maxUnreadBytes))
    else if (this.#waiting.length > MOST_MESSAGES)
      this.#overflow(
        new HubError({
          kind: 'ThrottleBacklogLimitExceeded',
          rule: 'limit-unread',
          expected: `credit for the ${MOST_MESSAGES} messages that wait`,
          received: `none for ${this.#waiting.length} messages`,
        }),
      )
  }

  #overflow(error: HubError): void {
    this.#context.refused(error)
    this.link.detach({ condition: 'amqp:resource-limit-exceeded', description: error.message })
  }

  #flush(): void {
    while (this.link.ready) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#bytes -= next.payload.length
      this.link.send(next)
    }
  }
}
