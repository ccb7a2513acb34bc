/** The nodes of back ends: they send cloud-to-device messages and receive feedback and file notifications. */

import type { ServiceQueue } from '../core/contract/c2d.ts'
import { hubNameOf } from '../core/contract/connection-strings.ts'
import { parseRecipient } from './addresses.ts'
import { toMessage } from './message-mapping.ts'
import { TOKEN_EXPIRED, amqpErrorOf, hubErrorOf } from './refusals.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import { MESSAGE_LIMITS } from './connection-context.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { Incoming, Link, ReceivingLink, Refusal, SendingLink } from './endpoint/links.ts'
import { decodeMessage, encodeMessage } from './codec/messages.ts'
import type { Outcome } from './codec/performative-fields.ts'
import { binary, symbol, textOf, timestamp } from './codec/values.ts'

/**
 * Lets a link live as long as a token with ServiceConnect.
 * @returns to be called when the link is gone.
 * @throws HubError IotHubUnauthorizedAccess when the connection has no such token.
 */
export function requireService(context: ConnectionContext, link: Link, path: readonly string[]): () => void {
  return context.tokens.requireService(path, (error) => {
    context.refused(error)
    link.detach(TOKEN_EXPIRED)
  })
}

/** A back end sends messages to devices (WIRE-AMQP-04). */
export function openDevicebound(context: ConnectionContext, link: ReceivingLink): void {
  context.hub.throttle.requireInTier('c2dSend')
  const release = requireService(context, link, ['messages', 'devicebound'])
  link.open(
    {
      onMessage: (incoming) => {
        sendToDevice(context, incoming)
      },
      onGone: release,
    },
    MESSAGE_LIMITS,
  )
}

function sendToDevice(context: ConnectionContext, { payload, settle }: Incoming): void {
  let recipient: string | undefined
  try {
    const incoming = decodeMessage(payload)
    const to = textOf(incoming.properties?.to) ?? ''
    const identity = parseRecipient(to)
    if (identity === undefined)
      throw new HubError({
        kind: 'InvalidOperation',
        rule: 'WIRE-AMQP-05',
        expected: 'properties.to to be /devices/{device}/messages/devicebound',
        received: quoted(to),
      })
    recipient = identity.deviceId
    context.hub.throttle.take('c2dSend', payload.length)
    context.hub.c2d.send(identity, toMessage(incoming))
    settle({ type: 'accepted' })
  } catch (error) {
    const refused = hubErrorOf(error)
    context.refused(refused, recipient)
    settle({ type: 'rejected', error: amqpErrorOf(refused, context.hub.clock.now()) })
  }
}

/** A back end receives batches of feedback (WIRE-AMQP-06). */
export function openFeedback(context: ConnectionContext, link: SendingLink): void {
  context.hub.throttle.requireInTier('c2dSend')
  openQueue(context, link, 'feedback', context.hub.feedback, 'application/vnd.microsoft.iothub.feedback.json')
}

/** A back end receives notifications of file uploads (WIRE-AMQP-07). */
export function openFileNotifications(context: ConnectionContext, link: SendingLink): void {
  const type = 'application/vnd.microsoft.iothub.filenotification.json'
  openQueue(context, link, 'filenotifications', context.hub.fileNotifications, type)
}

/** Several links may read a queue; each item goes to one of them. */
function openQueue(
  context: ConnectionContext,
  link: SendingLink,
  name: string,
  queue: ServiceQueue<unknown>,
  contentType: string,
): void {
  const release = requireService(context, link, ['messages', 'servicebound', name])
  const pump = (): void => {
    while (link.ready) {
      const next = queue.receive()
      if (next === undefined) return
      link.send({
        payload: queueMessage(context, next.item, contentType),
        tag: Buffer.from(next.lockToken, 'hex'),
        settled: (outcome) => settleItem(context, queue, next.lockToken, outcome),
      })
    }
  }
  const stopListening = queue.onAvailable(pump)
  link.open({
    onCredit: pump,
    onGone: () => {
      stopListening()
      release()
    },
  })
}

function queueMessage({ hub }: ConnectionContext, item: unknown, contentType: string): Buffer {
  return encodeMessage({
    annotations: new Map([['iothub-enqueuedtime', timestamp(hub.clock.now())]]),
    properties: {
      userId: binary(Buffer.from(hubNameOf(hub.hostName))),
      contentType: symbol(contentType),
    },
    data: [Buffer.from(JSON.stringify(item))],
  })
}

function settleItem(
  context: ConnectionContext,
  queue: ServiceQueue<unknown>,
  lockToken: string,
  outcome: Outcome,
): Refusal {
  try {
    queue.settle(lockToken, settlementOf(outcome))
    return undefined
  } catch (error) {
    const refusal = hubErrorOf(error)
    context.refused(refusal)
    return amqpErrorOf(refusal, context.hub.clock.now())
  }
}

export function settlementOf({ type }: Outcome): 'complete' | 'reject' | 'abandon' {
  switch (type) {
    case 'accepted':
      return 'complete'
    case 'rejected':
      return 'reject'
    default:
      return 'abandon'
  }
}
