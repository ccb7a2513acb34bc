/** UNSUBSCRIBE: stops what its filters have opened. */

import { quoted } from '../../core/errors/quoted.ts'
import { MalformedPacket } from '../codec/frames.ts'
import type { UnsubscribePacket } from '../codec/packets.ts'
import { isValidFilter } from '../codec/filters.ts'
import type { Connection } from '../connection.ts'
import type { DeviceSession } from '../device-session.ts'

/** A filter that was never subscribed to is acknowledged like any other (MQTT-3.10.4-4). */
export function handleUnsubscribe(
  connection: Connection,
  session: DeviceSession,
  { messageId = 0, unsubscriptions }: UnsubscribePacket,
): undefined | Promise<void> {
  if (messageId < 1 || unsubscriptions.length === 0)
    throw new MalformedPacket('UNSUBSCRIBE without packet id or filter')
  for (const filter of unsubscriptions) {
    if (!isValidFilter(filter))
      throw new MalformedPacket(`UNSUBSCRIBE with the topic filter ${quoted(filter)}`)
    session.subscriptions.delete(filter)
  }
  const acknowledge = (): void => {
    connection.responder.unsuback(messageId)
  }
  const stored = connection.brokerSession?.unsubscribe(unsubscriptions)
  if (stored !== undefined) return stored.then(acknowledge)
  acknowledge()
  return undefined
}
