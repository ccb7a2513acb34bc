/** Messages of devices: one, or a batch whose data sections are messages of their own (field notes 8.16). */

import { toMessage } from '../message-mapping.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { ConnectionContext } from '../connection-context.ts'
import type { Incoming } from '../endpoint/links.ts'
import { BATCHED, decodeMessage } from '../codec/messages.ts'
import type { Device } from './device.ts'
import { faultOrder } from './injected-faults.ts'

/** Stores, then accepts. @throws HubError, AmqpViolation. */
export function storeTelemetry(visit: ConnectionContext, device: Device, incoming: Incoming): void {
  const { hub } = visit
  visit.injected.check(device.key)
  checkSize(incoming.payload.length, hub.settings.maxTelemetryBytes)
  const whole = decodeMessage(incoming.payload)
  const messages =
    incoming.format === BATCHED ? (whole.data ?? []).map((bytes) => decodeMessage(bytes)) : [whole]
  const waiting: Promise<undefined>[] = []
  const stored = messages.map(toMessage)
  for (const message of stored) {
    const outcome = hub.perform(device.caller, 'telemetry', { message })
    if (outcome !== undefined) waiting.push(outcome)
  }
  const order = stored.map(({ properties }) => faultOrder(properties)).find((found) => found !== undefined)
  // A cut connection takes the acceptance with it.
  const silent = order?.type === 'KillTcp' && order.delayMs === 0
  if (order !== undefined)
    visit.injected.begin(device.key, order, (what) => {
      if (what === 'd2c' || what === 'c2d' || what === 'twin' || what === 'methods') device.breakLinks(what)
      else visit.breakDown(what)
    })
  if (silent) return
  if (waiting.length === 0) incoming.settle({ type: 'accepted' })
  else
    void Promise.all(waiting).then(
      () => {
        incoming.settle({ type: 'accepted' })
      },
      (error: unknown) => {
        device.reject(incoming, error)
      },
    )
}

/** WIRE-AMQP-11. A batch counts as one. */
function checkSize(bytes: number, most: number): void {
  if (bytes <= most) return
  throw new HubError({
    kind: 'MessageTooLarge',
    rule: 'WIRE-AMQP-11',
    expected: `a message of at most ${most} bytes`,
    received: `${bytes} bytes`,
  })
}
