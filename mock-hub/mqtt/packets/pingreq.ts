/** PINGREQ: the device asks whether the connection is alive. */

import type { Connection } from '../connection.ts'

export function handlePingreq(connection: Connection): void {
  connection.responder.pingresp()
}
