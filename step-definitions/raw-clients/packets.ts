/** Packets from tables, and packets as tables see them. */

import type { IConnectPacket, Packet } from 'mqtt-packet'
import { jsonOf } from './https-client.ts'
import type { RawPacket } from './mqtt-client.ts'
import type { HubScenario } from './hub-scenario.ts'
import { rowOf, under, type Rows } from './tables.ts'
import { token } from './token.ts'

const HOUR_S = 3_600

/**
 * CONNECT of an identity. Rows bend it: `client id`, `user name`, `api version`, `properties` (of the user name),
 * `password`, `clean`, `keep-alive`, `protocol`, `level`, `will topic`, `will payload`, and the token's parts (see
 * {@link bentToken}).
 */
export function connectPacket(stage: HubScenario, name: string, rows: Rows): IConnectPacket {
  const { deviceId, moduleId } = stage.actor(name)
  const clientId = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
  const password = rowOf(rows, 'password') ?? bentToken(stage, name, rows)
  const willTopic = rowOf(rows, 'will topic')
  return {
    cmd: 'connect',
    clientId: rowOf(rows, 'client id') ?? clientId,
    username: rowOf(rows, 'user name') ?? `${stage.hub.hostName}/${clientId}/?api-version=2021-04-12`,
    ...(password === 'none' ? {} : { password: Buffer.from(password) }),
    protocolId: (rowOf(rows, 'protocol') ?? 'MQTT') as 'MQTT', // other names are on trial
    protocolVersion: Number(rowOf(rows, 'level') ?? 4) as 4, // other levels are on trial
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
 * A token with rows for its parts: `scope` (raw text of `sr`), `key` (`primary`, `secondary`, `of {name}`, or base64),
 * `expires in` (seconds), `expires at` (text of `se`), `policy`, `fields` (their order), `signature` (`tampered`).
 */
export function bentToken(stage: HubScenario, name: string, rows: Rows): string {
  const actor = stage.actor(name)
  const policy = rowOf(rows, 'policy')
  const keyCell = rowOf(rows, 'key') ?? 'primary'
  const keys: Readonly<Record<string, string>> = { primary: actor.primaryKey, secondary: actor.secondaryKey }
  const of = /^of (.+)$/.exec(keyCell)?.[1]
  const own = of === undefined ? (keys[keyCell] ?? keyCell) : stage.actor(of).primaryKey
  const key = policy === undefined ? own : (stage.policyKey(policy) ?? own)
  const text = token({
    sr: rowOf(rows, 'scope') ?? encodeURIComponent(stage.resource(name)),
    key,
    se: rowOf(rows, 'expires at') ?? String(stage.seconds() + Number(rowOf(rows, 'expires in') ?? HOUR_S)),
    skn: policy,
    order: rowOf(rows, 'fields')?.split(' '),
  })
  return rowOf(rows, 'signature') === 'tampered'
    ? text.replace(/sig=(.)/, (_all, first: string) => `sig=${first === 'A' ? 'B' : 'A'}`)
    : text
}

/** Any other packet. PUBLISH: `topic`, `payload`, `qos`, `id`, `dup`, `retain`. SUBSCRIBE: `filter` rows with a QoS each. */
export function packetOf(stage: HubScenario, name: string, cmd: Packet['cmd'], rows: Rows): Packet {
  const link = stage.link(name)
  const messageId = Number(rowOf(rows, 'id') ?? link.nextId())
  switch (cmd) {
    case 'connect':
      return connectPacket(stage, name, rows)
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
      throw new Error(`A device does not send ${cmd}`)
  }
}

/** A packet as scenarios read it: payload as JSON where it is, else text; `properties` decoded from the topic. */
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
    ...(topic === undefined ? {} : { payload: jsonOf(payload) ?? payload, bag }),
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
