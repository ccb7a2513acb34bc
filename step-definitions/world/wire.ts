/** What the hub received from a client, in the terms of the documentation. */

import { readToken } from './environment/sas.ts'
import type { ConformanceWorld } from './world.ts'
import type { JournalEntry } from 'mock-iot-hub'

type PacketEntry = Extract<JournalEntry, { type: 'packet' }>
type OperationEntry = Extract<JournalEntry, { type: 'operation' }>

/** The packets of one type that the hub received (or sent), oldest first. */
export function packets(
  entries: readonly JournalEntry[],
  cmd: string,
  direction: 'in' | 'out' = 'in',
): readonly PacketEntry[] {
  return entries.filter(
    (entry): entry is PacketEntry =>
      entry.type === 'packet' && entry.cmd === cmd && entry.direction === direction,
  )
}

/** The topic of a PUBLISH; empty: it is another packet. */
export function topicOf(packet: object): string {
  return (packet as Partial<PublishPacket>).topic ?? ''
}

export function operations(
  entries: readonly JournalEntry[],
  kind: OperationEntry['operation'],
): readonly OperationEntry[] {
  return entries.filter(
    (entry): entry is OperationEntry => entry.type === 'operation' && entry.operation === kind,
  )
}

interface PublishPacket {
  readonly messageId?: number
  readonly topic: string
  readonly payload: Buffer
  readonly dup: boolean
}

/** The publishes of the clients, oldest first. */
export function publishes(entries: readonly JournalEntry[]): readonly PublishPacket[] {
  return packets(entries, 'publish').map(({ packet }) => {
    const { messageId, topic, payload, dup } = packet as PublishPacket
    return { ...(messageId === undefined ? {} : { messageId }), topic, payload, dup }
  })
}

interface ConnectPacket {
  readonly clientId: string
  readonly username?: string
  readonly password?: Buffer
  readonly keepalive?: number
  readonly clean?: boolean
}

/** The fields of the last CONNECT. */
export function connectFacts(world: ConformanceWorld): Readonly<Record<string, unknown>> {
  const entry = packets(world.hub.journal, 'connect').at(-1)
  if (entry === undefined) return {}
  const { clientId, username = '', password, keepalive, clean } = entry.packet as ConnectPacket
  const [path, query] = split(username, '/?')
  const [host] = split(path, '/')
  const fields = new Map(query.split('&').map((field) => split(field, '=')))
  const decoded = (name: string): string | undefined => {
    const value = fields.get(name)
    return value === undefined ? undefined : decodeURIComponent(value)
  }
  const opened = world.hub.journal.find(
    (other) => other.type === 'link-opened' && other.linkId === entry.linkId,
  )
  const token = password === undefined ? {} : readToken(password.toString())
  const expiry = token['se']
  return {
    'client id': clientId,
    'user name': username,
    'user name path': path,
    host,
    'api version': decoded('api-version'),
    'model id': decoded('model-id'),
    agent: decoded('DeviceClientType'),
    'agent suffix': suffixOf(decoded('DeviceClientType')),
    'keep-alive': keepalive,
    'clean session': clean,
    token: password === undefined ? undefined : nameToken(world, password.toString()),
    password: password === undefined ? 'none' : 'a token',
    'token resource': token['sr'],
    'token resource as sent': /\bsr=([^&]*)/.exec(password?.toString() ?? '')?.[1],
    'token signature as sent': /\bsig=([^&]*)/.exec(password?.toString() ?? '')?.[1],
    'token expiry': expiry,
    'token life': expiry === undefined ? undefined : Number(expiry) - Math.floor(entry.at / 1_000),
    transport: opened?.type === 'link-opened' ? opened.transport : undefined,
  }
}

/** The journal masks signatures; a token is recognized by its other fields. */
function nameToken(world: ConformanceWorld, masked: string): string {
  const known = ['token', 'freshToken'].map((name) => world.names.find(name))
  return known.find((token) => token?.replace(/sig=[^&]*/, 'sig=***') === masked) ?? masked
}

/** The text after the name of the implementation, which ends with a parenthesis. */
function suffixOf(agent: string | undefined): string | undefined {
  return agent === undefined ? undefined : agent.slice(agent.lastIndexOf(')') + 1)
}

function split(text: string, at: string): [string, string] {
  const cut = text.indexOf(at)
  return cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + at.length)]
}

/** The stored telemetry, in the terms of the features. */
export function telemetryFacts(world: ConformanceWorld): readonly Readonly<Record<string, unknown>>[] {
  return (world.hub.started?.telemetry.messages ?? []).map(
    ({ body, system, properties, deviceId, moduleId }) => ({
      text: body.toString('utf8'),
      bytes: body.length,
      from: moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`,
      ...system,
      properties,
    }),
  )
}
