/** PUBACK: the device has taken over a delivery. */

import type { IPubackPacket } from 'mqtt-packet'
import type { Connection } from '../connection.ts'

/** An unknown packet id is ignored: the PUBACK may be a late one. */
export function handlePuback(connection: Connection, { messageId = 0 }: IPubackPacket): void {
  connection.out.acknowledged(messageId)
}
