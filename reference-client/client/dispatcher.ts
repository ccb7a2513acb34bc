/** Takes apart what the hub publishes and hands it to whom it is for. What is malformed is reported and dropped (SRC-19). */

import type { DesiredRefresh } from '../capabilities/desired-refresh.ts'
import { parseMethodRequest } from '../capabilities/methods.ts'
import type { Receiver } from '../capabilities/receiver.ts'
import type { Session } from '../capabilities/session.ts'
import type { Requests } from '../connection/requests.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import type { ReceivedMessage } from '../core/models/message.ts'
import type { MethodRequest } from '../core/models/method.ts'
import type { TwinPatch } from '../core/models/twin.ts'
import { diagnose } from './diagnostics.ts'
import { parseMessage } from '../mqtt/property-bag.ts'
import { type Inbound, parseInbound } from '../mqtt/topics.ts'

export interface Addressees {
  readonly methods: Receiver<MethodRequest>
  readonly patches: Receiver<TwinPatch>
  readonly requests: Requests
  readonly refresh: DesiredRefresh
}

export class Dispatcher {
  readonly #session: Session
  readonly #addressees: Addressees
  /** Cloud-to-device messages, or the messages of inputs; the client that has them sets it. */
  messages: Receiver<ReceivedMessage> | undefined

  constructor(session: Session, addressees: Addressees) {
    this.#session = session
    this.#addressees = addressees
  }

  dispatch(topic: string, payload: Buffer): void {
    diagnose('received', () => ({ topic, sizeBytes: payload.length }))
    try {
      const inbound = parseInbound(topic, this.#session.topics)
      if (inbound === undefined) throw new Error(`No topic of this client: ${topic}`)
      this.#hand(inbound, payload)
    } catch (cause) {
      this.#session.report(new ClientError('Something that the hub sent cannot be read', { cause }))
    }
  }

  #hand(inbound: Inbound, payload: Buffer): void {
    const { methods, patches, refresh, requests } = this.#addressees
    switch (inbound.type) {
      case 'c2d':
        this.messages?.deliver(parseMessage(inbound.properties, payload))
        return
      case 'input': {
        const message = parseMessage(inbound.properties, payload)
        message.inputName = inbound.inputName
        this.messages?.deliver(message, inbound.inputName)
        return
      }
      case 'method': {
        const request = parseMethodRequest(inbound.requestId, inbound.methodName, payload)
        methods.deliver(request, request.name)
        return
      }
      case 'twin-answer':
        requests.settle(inbound.requestId, { status: inbound.status, payload })
        return
      case 'desired': {
        const patch: unknown = JSON.parse(payload.toString('utf8'))
        if (!isPatch(patch)) throw new Error('A patch of desired properties is no mapping')
        refresh.saw(patch)
        patches.deliver(patch)
        return
      }
    }
  }
}

function isPatch(value: unknown): value is TwinPatch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
