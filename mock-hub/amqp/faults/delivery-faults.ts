/** Faults of what the hub sends to a device: messages, method requests, desired patches and twin responses. */

import type { Json } from '../../base/json.ts'
import { numberParameter, type FaultMatch } from '../../core/contract/faults.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { AmqpMessage } from '../codec/messages.ts'
import { int, string } from '../codec/values.ts'

/** Points of such faults. */
export type DeliveryPoint =
  | 'c2d.delivery'
  | 'input.delivery'
  | 'method.request'
  | 'twin.desired'
  | 'twin.response'

/**
 * Sends a message, or what an armed fault makes of it.
 * @param send `again`: the message has been sent before.
 */
export function deliver(
  { faults, clock }: Pick<Hub, 'faults' | 'clock'>,
  point: DeliveryPoint,
  identity: string,
  message: AmqpMessage,
  send: (message: AmqpMessage, again: boolean) => void,
): void {
  const match = faults.idle ? undefined : faults.match(point, identity)
  if (match === undefined) {
    send(message, false)
    return
  }
  switch (match.effect) {
    case 'withhold':
      return
    case 'delay':
      clock.schedule(numberParameter(match, 'seconds', 1) * 1000, () => {
        send(message, false)
      })
      return
    case 'repeat':
      send(message, false)
      send(message, true)
      return
    default:
      send(changed(message, match), false)
  }
}

/** Effects without a counterpart in AMQP, such as `topic`, leave the message as it is. */
function changed(message: AmqpMessage, match: FaultMatch): AmqpMessage {
  const { effect, parameters } = match
  switch (effect) {
    case 'body':
      return { ...message, data: [textOf(parameters['body'])] }
    case 'version': {
      // The hub has encoded it, from an object.
      const patch = JSON.parse(Buffer.concat(message.data ?? []).toString()) as Record<string, Json>
      const $version = numberParameter(match, 'version', 1)
      return { ...message, data: [textOf({ ...patch, $version })] }
    }
    case 'status': {
      const status = int(numberParameter(match, 'status', 500))
      const body = { errorCode: 500_000, message: 'Ordered by a fault.' }
      return { ...message, annotations: new Map([['status', status]]), data: [textOf(body)] }
    }
    case 'unknown_rid': {
      const { requestId = 'unknown' } = parameters
      const correlationId = string(textOf(requestId).toString())
      return { ...message, properties: { ...message.properties, correlationId } }
    }
    default:
      return message
  }
}

/** A string as it is, anything else as JSON. */
function textOf(value: Json | undefined): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value ?? null))
}
