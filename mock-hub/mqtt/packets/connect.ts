/** CONNECT: the steps from the packet to its CONNACK (docs/contract/connecting.md). */

import { checkApiVersion } from '../../core/contract/api-versions.ts'
import type { IdentityPrincipal } from '../../core/contract/principal.ts'
import { toHubError } from '../../core/errors/hub-error.ts'
import { checkConnectFlags, parsePacket, readProtocol } from '../codec/packets.ts'
import type { ConnectPacket } from '../codec/packets.ts'
import { parseConnectUsername } from '../codec/connect-username.ts'
import type { ConnectUsername } from '../codec/connect-username.ts'
import type { Connection } from '../connection.ts'
import { DeviceSession } from '../device-session.ts'
import { injectConnectFault } from '../faults/connect-faults.ts'
import { unsupportedProtocol } from '../protocol-errors.ts'
import { acceptRegistrant } from '../provisioning/connect.ts'
import { isForProvisioning } from '../provisioning/user-name.ts'
import { notProvisioning } from '../provisioning/refusals.ts'
import { redactedPassword, refusalCode } from '../refusals.ts'
import { checkClientId, checkHost, checkWill } from './connect-checks.ts'

/** CONNACK return code for a protocol level that the hub does not speak. */
const UNACCEPTABLE_PROTOCOL = 1

/**
 * @param frame the whole packet.
 * @param body where its variable header begins.
 * @returns a promise that settles when CONNACK has been sent: no packet is handled before.
 * @throws MalformedPacket
 */
export function handleConnect(
  connection: Connection,
  frame: Buffer,
  body: number,
): undefined | Promise<void> {
  connection.connectReceived()
  const { name, level, flags } = readProtocol(frame, body)
  if (name !== 'MQTT' || level !== 4) {
    connection.refused(unsupportedProtocol(name, level))
    refuseConnect(connection, UNACCEPTABLE_PROTOCOL)
    return undefined
  }
  checkConnectFlags(flags)
  const packet = parsePacket(frame) as ConnectPacket // its first byte says so
  connection.clientId = packet.clientId
  connection.record('in', 'connect', { ...packet, password: redactedPassword(packet.password) })
  if (injectConnectFault(connection, packet.clientId)) return never()
  const { provisioning } = connection.context
  return provisioning !== undefined && isForProvisioning(packet.username ?? '', connection.hub)
    ? acceptRegistrant(connection, provisioning, packet)
    : acceptConnect(connection, packet)
}

const USER_NAME = { rule: 'WIRE-CONN-15', place: 'a user name with the api-version' }

/** The steps of authentication and take-over. The first that throws decides the CONNACK. */
async function acceptConnect(connection: Connection, packet: ConnectPacket): Promise<void> {
  try {
    if (connection.info.onlyProvisioning === true) throw notProvisioning(packet.username ?? '')
    const user = parseConnectUsername(packet.username ?? '')
    checkHost(connection.hub, user)
    if (user.apiVersion !== undefined) checkApiVersion(user.apiVersion, connection.hub.settings, USER_NAME)
    checkClientId(packet, user)
    checkWill(connection.hub, packet, user)
    const principal = authenticate(connection, packet, user)
    const session = createSession(connection, packet, principal, user)
    connection.injectStreamFaultOfIdentity()
    if (connection.over) return
    session.open() // takes over from an older connection of the identity (WIRE-CONN-28)
    connection.startKeepAlive(packet.keepalive ?? 0)
    const present = await openBrokerSession(connection, session, packet.clean ?? true)
    if (present !== undefined) await sendConnack(connection, session, present)
  } catch (error) {
    const refusal = toHubError(error)
    connection.refused(refusal)
    refuseConnect(connection, refusalCode(refusal))
  }
}

/** @throws HubError with the reason; the CONNACK is the same for all of them (WIRE-CONN-22). */
function authenticate(
  { hub, info }: Connection,
  packet: ConnectPacket,
  user: ConnectUsername,
): IdentityPrincipal {
  const password = packet.password?.toString() ?? ''
  return hub.authentication.admit(user.identity, {
    sasToken: password === '' ? undefined : password,
    certificates: info.certificates,
    authChain: user.properties.get('auth-chain'),
  })
}

function createSession(
  connection: Connection,
  packet: ConnectPacket,
  principal: IdentityPrincipal,
  { modelId, apiVersion }: ConnectUsername,
): DeviceSession {
  const { hub, linkId, info, out } = connection
  const caller = { principal, transport: info.transport, linkId, modelId, apiVersion }
  const session = new DeviceSession(hub, caller, packet.will, out, (reason, explanation) => {
    connection.close(reason, explanation)
  })
  connection.authenticated(session)
  return session
}

/** @returns session present, for CONNACK; undefined: the connection has ended meanwhile. */
async function openBrokerSession(
  connection: Connection,
  session: DeviceSession,
  clean: boolean,
): Promise<boolean | undefined> {
  const { hub, context, out } = connection
  if (clean && hub.settings.cleanSessionPurgesC2d) hub.c2d.purge(session.caller.principal.identity)
  const brokerSession = await context.broker.connect(session.key, clean)
  if (connection.over) return undefined
  connection.brokerSession = brokerSession
  session.restore(brokerSession.restored)
  out.resume(brokerSession.packetIds)
  out.onUnacknowledged = brokerSession.watch(() => out.unacknowledgedIds)
  return brokerSession.present
}

/** @returns when CONNACK has been sent; a fault may delay or withhold it. */
function sendConnack(connection: Connection, session: DeviceSession, present: boolean): Promise<void> {
  return new Promise((resolve) => {
    connection.responder.connack(present, () => {
      if (!connection.over) session.up()
      resolve()
    })
  })
}

/** CONNACK with a return code, then the end. */
function refuseConnect(connection: Connection, returnCode: number): void {
  connection.responder.refuseConnect(returnCode)
  connection.close('refused')
}

/** The packet stays unanswered, and nothing after it is handled. */
function never(): Promise<void> {
  return new Promise(() => undefined)
}
