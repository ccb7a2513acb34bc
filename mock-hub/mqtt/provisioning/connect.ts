/** CONNECT of a device that asks for its hub: its form is judged, the credential at the registration (DPS-AUTH-10). */

import { toHubError } from '../../core/errors/hub-error.ts'
import type {
  DeviceProvisioning,
  Provisioning,
  Registrant,
} from '../../provisioning/contract/provisioning.ts'
import type { ConnectPacket } from '../codec/packets.ts'
import type { Connection } from '../connection.ts'
import { refusalCode } from '../refusals.ts'
import { foreignClientId, hasWill } from './refusals.ts'
import { parseRegistrationUserName } from './user-name.ts'

/** @returns when CONNACK has been sent; a fault may delay or withhold it. */
export async function acceptRegistrant(
  connection: Connection,
  provisioning: Provisioning,
  packet: ConnectPacket,
): Promise<void> {
  try {
    const registrant = registrantOf(connection, packet)
    provisioning.devices.admit(registrant)
    takeOver(connection, provisioning, registrant)
    connection.admitted({ provisioning, registrant, answersAt: undefined })
    connection.injectStreamFaultOfIdentity()
    if (connection.over) return
    connection.startKeepAlive(packet.keepalive ?? 0)
    await new Promise<void>((resolve) => {
      connection.responder.connack(false, resolve)
    })
  } catch (error) {
    const refusal = toHubError(error)
    connection.refused(refusal)
    connection.responder.refuseConnect(refusalCode(refusal))
    connection.close('refused')
  }
}

function registrantOf({ info, linkId }: Connection, packet: ConnectPacket): Registrant {
  const user = parseRegistrationUserName(packet.username ?? '')
  if (packet.clientId !== user.registrationId) throw foreignClientId(packet.clientId, user.registrationId)
  if (packet.will !== undefined) throw hasWill(packet.will.topic)
  const password = packet.password?.toString() ?? ''
  return {
    ...user,
    credentials: { sasToken: password === '' ? undefined : password, certificates: info.certificates },
    transport: info.transport,
    linkId,
  }
}

/**
 * An older connection of the same client id ends (MQTT-3.1.4-2), but only for a device that proves itself: the credential
 * is judged at the registration, and until then nobody may disturb another (decision 68).
 */
function takeOver(connection: Connection, { devices }: Provisioning, registrant: Registrant): void {
  const { registrants } = connection.context
  const older = registrants.get(registrant.registrationId)
  if (older !== undefined && !isProven(devices, registrant)) return
  older?.close('taken-over')
  registrants.set(registrant.registrationId, connection)
}

function isProven(devices: DeviceProvisioning, registrant: Registrant): boolean {
  try {
    devices.prove(registrant)
    return true
  } catch {
    return false
  }
}
