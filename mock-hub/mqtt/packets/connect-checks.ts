/** Rules for the fields of CONNECT: host, client id and will. */

import type { Hub } from '../../core/contract/hub.ts'
import { identityKey } from '../../core/contract/identity.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import type { ConnectUsername } from '../codec/connect-username.ts'
import type { ConnectPacket } from '../codec/packets.ts'
import { isTelemetryOf } from '../codec/topics.ts'
import { foreignWill } from '../protocol-errors.ts'

/** A client that is given a host name with a port repeats the port here. */
export function checkHost(hub: Hub, user: ConnectUsername): void {
  const host = user.host.toLowerCase().replace(/:\d+$/, '')
  if (host === hub.hostName.toLowerCase()) return
  if (hub.settings.aliases.some((alias) => alias.toLowerCase() === host)) return
  throw new HubError({
    kind: 'IotHubUnauthorizedAccess',
    rule: 'WIRE-CONN-16',
    expected: `the host name of this hub, ${hub.hostName}, or one of its aliases in the user name`,
    received: `host ${quoted(user.host)}`,
  })
}

/** The comparison is ordinal: ids are case-sensitive and never encoded (WIRE-CONN-17). */
export function checkClientId(packet: ConnectPacket, user: ConnectUsername): void {
  const expected = identityKey(user.identity)
  if (packet.clientId === expected) return
  throw new HubError({
    kind: 'IotHubUnauthorizedAccess',
    rule: 'WIRE-CONN-09',
    expected: `the client id to equal the identity in the user name, ${quoted(expected)}`,
    received: `client id ${quoted(packet.clientId)}`,
  })
}

/** A will is telemetry of its sender; any other is dropped, or refused when the setting says so. */
export function checkWill(hub: Hub, packet: ConnectPacket, user: ConnectUsername): void {
  if (packet.will === undefined) return
  const { topic, qos } = packet.will
  if (!isTelemetryOf(topic, user.identity)) {
    const refusal = foreignWill(topic, user.identity)
    if (hub.settings.foreignWillRefusesConnect) throw refusal
    hub.logger.warn(`${identityKey(user.identity)}: ${refusal.explanation.received} will be dropped`)
  }
  if (qos === 2) {
    throw new HubError({
      kind: 'InvalidOperation',
      rule: 'WIRE-SESS-11',
      expected: 'QoS 0 or 1 for the will',
      received: 'a will of QoS 2',
    })
  }
}
