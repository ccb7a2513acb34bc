/** DISCONNECT: the device ends the connection in an orderly way. */

import type { Connection } from '../connection.ts'
import type { DeviceSession } from '../device-session.ts'

/** The will is void (MQTT-3.14.4-3). */
export function handleDisconnect(connection: Connection, session: DeviceSession): void {
  session.discardWill()
  connection.close('disconnect')
}
