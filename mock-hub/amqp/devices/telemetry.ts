/** Telemetry of devices: one message, or a batch (docs/contract/amqp.md#amqp-batch). */

import { toMessage } from '../message-mapping.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { ConnectionContext } from '../connection-context.ts'
import type { Incoming } from '../endpoint/links.ts'
import { BATCHED, decodeMessage } from '../codec/messages.ts'
import type { Device } from './device.ts'

/** Stores, then accepts. @throws HubError, AmqpViolation. */
export function storeTelemetry(context: ConnectionContext, device: Device, incoming: Incoming): void {
  const { hub } = context
  const refusal = hub.deviceFaults.refusal(device.key)
  if (refusal !== undefined) throw refusal
  checkSize(incoming.payload.length, hub.settings.maxTelemetryBytes)
  const whole = decodeMessage(incoming.payload)
  const isBatch = incoming.format === BATCHED
  const messages = isBatch ? (whole.data ?? []).map((bytes) => decodeMessage(bytes)) : [whole]
  const waiting: Promise<undefined>[] = []
  const stored = messages.map(toMessage)
  for (const message of stored) {
    const outcome = hub.perform(device.caller, 'telemetry', { message })
    if (outcome !== undefined) waiting.push(outcome)
  }
  const { deviceFaults } = hub
  // The C SDK orders a fault in the message around a batch.
  const around = isBatch ? [toMessage({ application: whole.application })] : []
  const order = [...stored, ...around]
    .map(({ properties }) => deviceFaults.orderIn(properties))
    .find((found) => found !== undefined)
  const begin = (): void => {
    if (order !== undefined) deviceFaults.begin(device.key, order)
  }
  // The message that orders a fault is accepted first, unless the fault breaks the connection at once.
  if (order?.breaks === 'tcp' && order.delayMs === 0) {
    begin()
    return
  }
  const accept = (): void => {
    incoming.settle({ type: 'accepted' })
    begin()
  }
  if (waiting.length === 0) accept()
  else
    void Promise.all(waiting).then(accept, (error: unknown) => {
      device.reject(incoming, error)
    })
}

/** A batch counts as one message (WIRE-AMQP-11). */
function checkSize(bytes: number, most: number): void {
  if (bytes <= most) return
  throw new HubError({
    kind: 'MessageTooLarge',
    message: `Message size is ${String(bytes)} bytes which is greater than the max size ${String(most)} bytes allowed.`,
    rule: 'WIRE-AMQP-11',
    expected: `a message of at most ${most} bytes`,
    received: `${bytes} bytes`,
  })
}
