/** The nodes `$cbs` and `$management`: a client sends requests on one link and gets the responses on another. */

import type { HubError } from '../core/errors/hub-error.ts'
import { hubErrorOf, statusOf } from './refusals.ts'
import { EarlyAnswers } from './early-answers.ts'
import { SendQueue } from './send-queue.ts'
import { REQUEST_LIMITS } from './connection-context.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { Link, ReceivingLink } from './endpoint/links.ts'
import { decodeMessage, encodeMessage } from './codec/messages.ts'
import type { AmqpMessage } from './codec/messages.ts'
import type { AmqpError } from './codec/performative-fields.ts'
import { int, string, textOf } from './codec/values.ts'
import type { Typed } from './codec/values.ts'

export interface Answer {
  readonly status: number
  readonly description: string
  readonly body?: Typed | undefined
}

/** @throws HubError, which becomes the response. */
export type Handler = (request: AmqpMessage) => Answer

export class RequestNode {
  readonly #context: ConnectionContext
  readonly #handle: Handler
  readonly #requests = new Set<ReceivingLink>()
  readonly #answers = new Set<SendQueue>()
  readonly #earlyAnswers = new EarlyAnswers()

  constructor(context: ConnectionContext, handle: Handler) {
    this.#context = context
    this.#handle = handle
  }

  attach(link: Link, onGone: () => void = () => undefined): void {
    if (link.type === 'sending') {
      const queue: SendQueue = new SendQueue(link, this.#context, () => {
        this.#answers.delete(queue)
        onGone()
      })
      this.#answers.add(queue)
      this.#earlyAnswers.sendOn(queue)
      return
    }
    link.open(
      {
        onMessage: ({ payload, settle }) => {
          let request: AmqpMessage
          try {
            request = decodeMessage(payload)
          } catch (error) {
            const refused = hubErrorOf(error)
            this.#context.refused(refused)
            settle({
              type: 'rejected',
              error: { condition: 'amqp:decode-error', description: refused.message },
            })
            return
          }
          settle({ type: 'accepted' })
          this.#reply(request, this.#answer(request))
        },
        onGone: () => {
          this.#requests.delete(link)
          onGone()
        },
      },
      REQUEST_LIMITS,
    )
    this.#requests.add(link)
  }

  /** Detaches the links on which the hub sends answers, or receives requests. */
  detach(type: Link['type'], error: AmqpError): void {
    const links = type === 'sending' ? [...this.#answers].map(({ link }) => link) : [...this.#requests]
    for (const link of links) link.detach(error)
  }

  #answer(request: AmqpMessage): Answer {
    try {
      return this.#handle(request)
    } catch (error) {
      const refused: HubError = hubErrorOf(error)
      this.#context.refused(refused)
      return { status: statusOf(refused), description: refused.message }
    }
  }

  #reply({ properties }: AmqpMessage, { status, description, body }: Answer): void {
    const queue = this.#queueFor(textOf(properties?.replyTo))
    const correlationId = properties?.messageId
    const answer = {
      payload: encodeMessage({
        // The id keeps its type: clients compare both (docs/contract/amqp.md#amqp-uuid-ids).
        properties: correlationId === undefined ? undefined : { correlationId },
        application: new Map([
          ['status-code', int(status)],
          ['statusCode', int(status)],
          ['status-description', string(description)],
          ['statusDescription', string(description)],
        ]),
        value: body ?? string(''),
      }),
    }
    if (queue === undefined) this.#earlyAnswers.hold(answer)
    else queue.push(answer)
  }

  /** The link with the address to reply to; some clients name an address at which none receives. */
  #queueFor(replyTo: string | undefined): SendQueue | undefined {
    let last: SendQueue | undefined
    for (const queue of this.#answers) {
      if (replyTo !== undefined && queue.link.peerAttach.target?.address === replyTo) return queue
      last = queue
    }
    return last
  }
}
