/** Who may come in: the rules of CONNECT, one step each (wire contract 1.2 to 1.7). */

import type { Hub } from '../core/contract/hub.ts'
import type { IdentityPrincipal } from '../core/contract/principal.ts'
import { identityKey } from '../core/contract/identity.ts'
import { parseConnectUsername } from './codec/connect-username.ts'
import type { ConnectUsername } from './codec/connect-username.ts'
import type { ConnectPacket } from './codec/packets.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import { parsePublishTopic } from './codec/topics.ts'

export interface Admitted {
  readonly principal: IdentityPrincipal
  readonly modelId: string | undefined
}

interface ConnectRequest {
  readonly hub: Hub
  readonly packet: ConnectPacket
  readonly user: ConnectUsername
}

const STEPS: readonly ((visit: ConnectRequest) => void)[] = [checkHost, checkClientId, checkWill]

/** @throws HubError with the reason; the CONNACK says 5 whatever it is (WIRE-CONN-22). */
export function admit(
  hub: Hub,
  packet: ConnectPacket,
  certificates: readonly Buffer[] | undefined,
): Admitted {
  const user = parseConnectUsername(packet.username ?? '')
  for (const step of STEPS) step({ hub, packet, user })
  const password = packet.password?.toString() ?? ''
  const principal = hub.authentication.admit(user.identity, {
    sasToken: password === '' ? undefined : password,
    certificates,
  })
  return { principal, modelId: user.modelId }
}

/** Some clients can be told a port in the host name and repeat it here (wire contract 11). */
function checkHost({ hub, user }: ConnectRequest): void {
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

/** An ordinal comparison: ids are case-sensitive and never encoded (WIRE-CONN-17). */
function checkClientId({ packet, user }: ConnectRequest): void {
  const expected = identityKey(user.identity)
  if (packet.clientId === expected) return
  throw new HubError({
    kind: 'IotHubUnauthorizedAccess',
    rule: 'WIRE-CONN-09',
    expected: `the client id to equal the identity in the user name, ${quoted(expected)}`,
    received: `client id ${quoted(packet.clientId)}`,
  })
}

function checkWill({ packet, user }: ConnectRequest): void {
  if (packet.will === undefined) return
  const topic = packet.will.topic
  const meaning = parsePublishTopic(topic)
  if (meaning?.type !== 'telemetry' || identityKey(meaning.identity) !== identityKey(user.identity)) {
    throw new HubError({
      kind: 'IotHubUnauthorizedAccess',
      rule: 'WIRE-SESS-19',
      expected: "the will's topic to be the sender's own devices/{id}/messages/events/{properties}",
      received: `will topic ${quoted(topic)}`,
    })
  }
  if (packet.will.qos === 2) {
    throw new HubError({
      kind: 'InvalidOperation',
      rule: 'WIRE-SESS-11',
      expected: 'QoS 0 or 1 for the will',
      received: 'a will of QoS 2',
    })
  }
}
