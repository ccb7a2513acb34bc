/** Builds packets from tables, and turns packets into values for tables. */

import type { IConnectPacket, Packet } from 'mqtt-packet'
import { jsonOf } from './https-client.ts'
import type { RawPacket } from './mqtt-client.ts'
import type { HubScenario } from './hub-scenario.ts'
import { rowOf, under, type Rows } from './tables.ts'
import { token } from './token.ts'

const HOUR_S = 3_600

/**
 * The CONNECT of an identity. Rows change it: `client id`, `user name`, `password`, `clean`, `keep-alive`, `protocol`,
 * `level`, `will topic`, `will payload`, and the parts of the token (see {@link customToken}).
 */
export function connectPacket(scenario: HubScenario, name: string, rows: Rows): IConnectPacket {
  const { deviceId, moduleId } = scenario.identity(name)
  const clientId = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
  const password = rowOf(rows, 'password') ?? customToken(scenario, name, rows)
  const willTopic = rowOf(rows, 'will topic')
  return {
    cmd: 'connect',
    clientId: rowOf(rows, 'client id') ?? clientId,
    username: rowOf(rows, 'user name') ?? `${scenario.hub.hostName}/${clientId}/?api-version=2021-04-12`,
    ...(password === 'none' ? {} : { password: Buffer.from(password) }),
    protocolId: (rowOf(rows, 'protocol') ?? 'MQTT') as 'MQTT', // scenarios also send other names
    protocolVersion: Number(rowOf(rows, 'level') ?? 4) as 4, // scenarios also send other levels
    clean: rowOf(rows, 'clean') !== 'false',
    keepalive: Number(rowOf(rows, 'keep-alive') ?? 0),
    ...(willTopic === undefined
      ? {}
      : {
          will: {
            topic: willTopic,
            payload: Buffer.from(rowOf(rows, 'will payload') ?? ''),
            qos: 1 as const,
            retain: false,
          },
        }),
  }
}

/**
 * A token whose rows set its parts: `scope` (raw text of `sr`), `key` (`primary`, `secondary`, `of {name}`, or base64),
 * `expires in` (seconds), `expires at` (text of `se`), `policy`, `fields` (their order), `signature` (`tampered`, `unpadded`, `followed by text`).
 */
export function customToken(scenario: HubScenario, name: string, rows: Rows): string {
  const identity = scenario.identity(name)
  const policy = rowOf(rows, 'policy')
  const keyCell = rowOf(rows, 'key') ?? 'primary'
  const keys: Readonly<Record<string, string>> = {
    primary: identity.primaryKey,
    secondary: identity.secondaryKey,
  }
  const of = /^of (.+)$/.exec(keyCell)?.[1]
  const own = of === undefined ? (keys[keyCell] ?? keyCell) : scenario.identity(of).primaryKey
  const key = policy === undefined ? own : (scenario.policyKey(policy) ?? own)
  const text = token({
    sr: rowOf(rows, 'scope') ?? encodeURIComponent(scenario.resource(name)),
    key,
    se: rowOf(rows, 'expires at') ?? String(scenario.seconds() + Number(rowOf(rows, 'expires in') ?? HOUR_S)),
    skn: policy,
    order: rowOf(rows, 'fields')?.split(' '),
  })
  switch (rowOf(rows, 'signature')) {
    case 'tampered':
      return text.replace(/sig=(.)/, (_all, first: string) => `sig=${first === 'A' ? 'B' : 'A'}`)
    case 'unpadded':
      return text.replace(/(sig=[^&]*)%3D/i, '$1')
    case 'followed by text':
      return text.replace(/sig=[^&]*/, '$&x')
    default:
      return text
  }
}

/** Any other packet. PUBLISH: `topic`, `payload`, `qos`, `id`, `dup`, `retain`. SUBSCRIBE: one `filter` row per QoS. */
export function packetOf(scenario: HubScenario, name: string, cmd: Packet['cmd'], rows: Rows): Packet {
  const link = scenario.link(name)
  const messageId = Number(rowOf(rows, 'id') ?? link.nextId())
  switch (cmd) {
    case 'connect':
      return connectPacket(scenario, name, rows)
    case 'publish': {
      const qos = Number(rowOf(rows, 'qos') ?? 1) as 0 | 1 | 2
      return {
        cmd,
        topic: rowOf(rows, 'topic') ?? '',
        payload: rowOf(rows, 'payload') ?? '',
        qos,
        dup: rowOf(rows, 'dup') === 'true',
        retain: rowOf(rows, 'retain') === 'true',
        ...(qos === 0 ? {} : { messageId }),
      }
    }
    case 'subscribe':
      return {
        cmd,
        messageId,
        subscriptions: under(rows, 'filter').map(([topic, qos]) => ({
          topic,
          qos: Number(qos) as 0 | 1 | 2,
        })),
      }
    case 'unsubscribe':
      return { cmd, messageId, unsubscriptions: under(rows, 'filter').map(([topic]) => topic) }
    case 'puback':
      return { cmd, messageId }
    case 'pingreq':
    case 'disconnect':
      return { cmd }
    default:
      throw new Error(`A device cannot send ${cmd}`)
  }
}

/** A packet as scenarios read it: the payload as JSON or text, `text` as it is, `properties` decoded from the topic. */
export function viewOf(packet: RawPacket): Readonly<Record<string, unknown>> {
  const { cmd, messageId, topic, qos, dup, returnCode, sessionPresent, granted } = packet
  const payload = packet.payload?.toString() ?? ''
  const bag =
    topic === undefined ? undefined : /(?:\/messages\/devicebound|\/inputs\/[^/]+)\/(.*)$/s.exec(topic)?.[1]
  return {
    cmd,
    id: messageId,
    topic,
    qos,
    dup,
    'return code': returnCode,
    'session present': sessionPresent,
    granted: granted?.join(' '),
    ...(topic === undefined ? {} : { payload: jsonOf(payload) ?? payload, text: payload, bag }),
    ...(bag === undefined ? {} : { properties: propertiesOf(bag) }),
  }
}

function propertiesOf(bag: string): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    bag
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const cut = pair.indexOf('=')
        const name = decodeURIComponent(cut < 0 ? pair : pair.slice(0, cut))
        return [name, cut < 0 ? null : decodeURIComponent(pair.slice(cut + 1))]
      }),
  )
}
