/** Parses what the hub publishes and passes it to its recipient. Reports and drops malformed messages (SRC-19). */

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

export interface Recipients {
  readonly methods: Receiver<MethodRequest>
  readonly patches: Receiver<TwinPatch>
  readonly requests: Requests
  readonly refresh: DesiredRefresh
}

export class Dispatcher {
  readonly #session: Session
  readonly #recipients: Recipients
  /** Cloud-to-device messages, or the messages of inputs; set by the device or the module client. */
  messages: Receiver<ReceivedMessage> | undefined

  constructor(session: Session, recipients: Recipients) {
    this.#session = session
    this.#recipients = recipients
  }

  dispatch(topic: string, payload: Buffer): void {
    diagnose('received', () => ({ topic, sizeBytes: payload.length }))
    try {
      const inbound = parseInbound(topic, this.#session.topics)
      if (inbound === undefined) throw new Error(`The topic is unknown: ${topic}`)
      this.#deliver(inbound, payload)
    } catch (cause) {
      this.#session.report(new ClientError('A message from the hub is malformed', { cause }))
    }
  }

  #deliver(inbound: Inbound, payload: Buffer): void {
    const { methods, patches, refresh, requests } = this.#recipients
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
      case 'twin-response':
        requests.settle(inbound.requestId, { status: inbound.status, payload })
        return
      case 'desired': {
        const patch: unknown = JSON.parse(payload.toString('utf8'))
        if (!isPatch(patch)) throw new Error('A desired properties patch must be a JSON object')
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
