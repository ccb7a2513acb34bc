/**
 * Rules that hold for every client in every scenario. Each rule reads the journal of the hub and describes a violation.
 */

import type { JournalEntry } from 'mock-iot-hub'
import { readToken } from '../world/environment/sas.ts'

/** What the rules need besides the journal. */
export interface InvariantContext {
  /** Texts that must not appear in the output of the client. */
  readonly secrets: readonly string[]
  /** The output of the client: its logs, and what its driver passed on. */
  readonly output: readonly string[]
  /** How far the clock of the hub is ahead of the client's. */
  readonly hubAheadSeconds: number
  /** The application created two clients for one identity, or one for two hubs. */
  readonly sharesIdentities: boolean
  /** The application supplied tokens: their content does not come from the client. */
  readonly suppliesTokens: boolean
  /** The host names of the hub. */
  readonly hostNames: readonly string[]
}

type Packet = Extract<JournalEntry, { type: 'packet' }>
interface Link {
  readonly linkId: string
  readonly entries: readonly JournalEntry[]
  readonly packets: readonly Packet[]
}
interface Publish {
  readonly topic: string
  readonly qos: number
  readonly messageId?: number
  readonly dup: boolean
}
type Rule = (link: Link, context: InvariantContext) => string | undefined

/** A rule that goes further than MQTT 3.1.1 (3.1.4): a client may send before it has the answer. */
export const BEFORE_CONNACK = 'nothing before CONNACK'

const RULES: Readonly<Record<string, Rule>> = {
  [BEFORE_CONNACK]: ({ packets }) => {
    const accepted = packets.findIndex(type('out', 'connack', ({ returnCode }) => returnCode === 0))
    const early = packets
      .slice(0, accepted < 0 ? undefined : accepted)
      .find(type('in', 'publish', 'subscribe'))
    return early && `${early.cmd} before the hub accepted the connection`
  },

  'QoS is never 2': ({ packets }) => {
    const broken = packets.find(
      (packet) =>
        type('in', 'publish', ({ qos }) => qos === 2)(packet) ||
        type('in', 'subscribe', ({ subscriptions }) =>
          (subscriptions as readonly { readonly qos: number }[]).some(({ qos }) => qos === 2),
        )(packet),
    )
    return broken && `${broken.cmd} with QoS 2`
  },

  'packet ids in flight are not reused': ({ packets }) => {
    const inFlight = new Set<number>()
    for (const packet of packets) {
      const { messageId, qos, dup } = packet.packet as Partial<Publish>
      if (messageId === undefined) continue
      if (packet.direction === 'out') {
        if (['puback', 'suback', 'unsuback'].includes(packet.cmd)) inFlight.delete(messageId)
        continue
      }
      const usesId =
        ['subscribe', 'unsubscribe'].includes(packet.cmd) || (packet.cmd === 'publish' && qos === 1)
      if (!usesId) continue
      if (inFlight.has(messageId) && dup !== true)
        return `${packet.cmd} with packet id ${String(messageId)}, which is in flight`
      inFlight.add(messageId)
    }
    return undefined
  },

  'a delivery is acknowledged once': ({ packets }) => {
    const open = new Map<number, number>()
    for (const packet of packets) {
      const { messageId = 0, qos } = packet.packet as Partial<Publish>
      if (type('out', 'publish')(packet) && qos === 1) open.set(messageId, (open.get(messageId) ?? 0) + 1)
      if (!type('in', 'puback')(packet)) continue
      const left = open.get(messageId) ?? 0
      if (left === 0) return `puback ${String(messageId)} without a delivery`
      open.set(messageId, left - 1)
    }
    return undefined
  },

  'topics are documented and belong to the identity': ({ packets }) => {
    const own = ownTopics(packets)
    for (const { cmd, packet } of packets.filter(type('in', 'publish', 'subscribe', 'unsubscribe'))) {
      const foreign = topicsOf(packet).find((topic) => !own.some((pattern) => pattern.test(topic)))
      if (foreign !== undefined) return `${cmd} with the topic ${foreign}`
    }
    return undefined
  },

  'pending request ids are unique': ({ packets }) => {
    const asked = new Set<string>()
    for (const { direction, cmd, packet } of packets) {
      if (cmd !== 'publish') continue
      const { topic, dup } = packet as Publish
      const [, kind, rid] = /^\$iothub\/twin\/(GET|PATCH|res).*[?&]\$rid=([^&]*)/.exec(topic) ?? []
      if (kind === undefined || rid === undefined) continue
      if (direction === 'out') asked.delete(rid)
      else if (kind !== 'res') {
        if (asked.has(rid) && !dup) return `$rid=${rid} is used twice`
        asked.add(rid)
      }
    }
    return undefined
  },

  'a token of the client has not expired when it is sent': (
    { packets },
    { hubAheadSeconds, suppliesTokens },
  ) => {
    if (suppliesTokens) return undefined
    for (const { at, packet } of packets.filter(type('in', 'connect'))) {
      const expiry = Number(tokenIn(packet)['se'] ?? Infinity)
      const now = Math.floor(at / 1_000) - hubAheadSeconds
      if (expiry <= now) return `CONNECT with a token that expired ${String(now - expiry)} s ago`
    }
    return undefined
  },

  'a token of the client is for its identity': ({ packets }, { suppliesTokens }) => {
    if (suppliesTokens) return undefined
    for (const entry of packets.filter(type('in', 'connect'))) {
      const { packet } = entry
      const { sr } = tokenIn(packet)
      if (sr === undefined) continue
      const idScope = idScopeOf(entry)
      if (idScope !== undefined) {
        const wanted = `${idScope}/registrations/${(packet as { readonly clientId: string }).clientId}`
        if (sr !== wanted) return `CONNECT as ${wanted} with a token for ${sr}`
        continue
      }
      const [, ...path] = sr.split('/')
      const [device = '', module] = (packet as { readonly clientId: string }).clientId.split('/')
      const wanted = ['devices', device, ...(module === undefined ? [] : ['modules', module])]
      // The ids in the scope may be encoded twice.
      if (![path.join('/'), path.map(decoded).join('/')].includes(wanted.join('/')))
        return `CONNECT as ${wanted.join('/')} with a token for ${sr}`
    }
    return undefined
  },

  'TLS is 1.2 or later and names the server': ({ entries }, { hostNames }) => {
    const opened = entries.find((entry) => entry.type === 'link-opened')
    if (opened?.type !== 'link-opened' || opened.tls === undefined) return undefined
    const { version, serverName, resumed } = opened.tls
    if (!['TLSv1.2', 'TLSv1.3'].includes(version)) return `the version is ${version}`
    // A resumed session does not send the server name again.
    if (resumed && serverName === undefined) return undefined
    if (serverName !== undefined && hostNames.includes(serverName)) return undefined
    return `SNI is ${serverName ?? 'missing'}, not one of ${hostNames.join(', ')}`
  },
}

/** @returns a sentence for each violation. */
export function brokenInvariants(
  journal: readonly JournalEntry[],
  context: InvariantContext,
): readonly string[] {
  const broken = linksIn(journal).flatMap((link) =>
    Object.entries(RULES).flatMap(([rule, check]) => {
      const what = check(link, context)
      return what === undefined ? [] : [`${rule}: ${what} (connection ${link.linkId})`]
    }),
  )
  const { sharesIdentities, secrets, output } = context
  return [
    ...broken,
    ...(sharesIdentities ? [] : secondConnections(journal)),
    ...(secrets.some((secret) => output.some((text) => text.includes(secret)))
      ? ['no secret is logged: the output of the client contains a key of the identity']
      : []),
  ]
}

/** An identity has one connection: the client closes it before it opens another, unless a fault has fired. */
function secondConnections(journal: readonly JournalEntry[]): readonly string[] {
  if (journal.some((entry) => entry.type === 'fault' && entry.phase === 'fired')) return []
  const open = new Map<string, string>()
  const broken: string[] = []
  for (const entry of journal) {
    if (entry.type === 'link-closed') {
      for (const [clientId, linkId] of open) if (linkId === entry.linkId) open.delete(clientId)
    } else if (entry.type === 'packet' && type('in', 'connect')(entry)) {
      const { clientId } = entry.packet as { readonly clientId: string }
      const before = open.get(clientId)
      if (before !== undefined) broken.push(`one connection at a time: ${clientId} opened another`)
      open.set(clientId, entry.linkId)
    }
  }
  return broken
}

function linksIn(journal: readonly JournalEntry[]): readonly Link[] {
  const links = new Map<string, JournalEntry[]>()
  for (const entry of journal) {
    const linkId = 'linkId' in entry ? entry.linkId : undefined
    if (linkId === undefined) continue
    links.set(linkId, [...(links.get(linkId) ?? []), entry])
  }
  return [...links].map(([linkId, entries]) => ({
    linkId,
    entries,
    packets: entries.filter((entry) => entry.type === 'packet'),
  }))
}

type Fields = Readonly<Record<string, unknown>>

/** Matches packets of these commands; a function also checks the fields. */
function type(
  direction: 'in' | 'out',
  ...commands: readonly (string | ((packet: Fields) => boolean))[]
): (packet: Packet) => boolean {
  return (packet) =>
    packet.direction === direction &&
    commands.some((command) => command === packet.cmd) &&
    commands.every((command) => typeof command === 'string' || command(packet.packet as Fields))
}

function topicsOf(packet: object): readonly string[] {
  const { topic, subscriptions, unsubscriptions } = packet as {
    readonly topic?: string | null
    readonly subscriptions?: readonly { readonly topic: string }[]
    readonly unsubscriptions?: readonly string[]
  }
  return [
    ...(typeof topic === 'string' ? [topic] : []),
    ...(subscriptions ?? []).map((one) => one.topic),
    ...(unsubscriptions ?? []),
  ]
}

/** The ID scope of a device that asks for its hub; undefined: the connection is to the hub. */
function idScopeOf(connect: Packet | undefined): string | undefined {
  const { username = '' } = (connect?.packet ?? {}) as { readonly username?: string }
  return /^([^/]+)\/registrations\//.exec(username)?.[1]
}

/** The topics of a device that asks for its hub (docs/contract/provisioning.md). */
const PROVISIONING_TOPICS = [
  /^\$dps\/registrations\/res\/#$/,
  /^\$dps\/registrations\/PUT\/iotdps-register\/\?\$rid=[^&]+$/,
  /^\$dps\/registrations\/GET\/iotdps-get-operationstatus\/\?\$rid=[^&]+&operationId=[^&]+$/,
]

/** The topics that an identity may use (docs/contract/mqtt.md#mqtt-topics). */
function ownTopics(packets: readonly Packet[]): readonly RegExp[] {
  const connect = packets.find(type('in', 'connect'))
  if (idScopeOf(connect) !== undefined) return PROVISIONING_TOPICS
  const { clientId = '' } = (connect?.packet ?? {}) as { readonly clientId?: string }
  const [device = '', module] = clientId.split('/').map((id) => id.replace(/[^\w]/g, '\\$&'))
  const path = `devices/${device}${module === undefined ? '' : `/modules/${module}`}`
  return [
    new RegExp(`^${path}/messages/events(/.*)?$`),
    ...(module === undefined
      ? [new RegExp(`^${path}/messages/devicebound/#$`)]
      : [new RegExp(`^${path}/(inputs/|messages/devicebound/)?#$`)]), // the Java SDK subscribes to the last one, and receives nothing
    /^\$iothub\/methods\/POST\/#$/,
    /^\$iothub\/methods\/res\/-?\d+\/\?\$rid=[^&]+$/,
    /^\$iothub\/twin\/res\/#$/,
    /^\$iothub\/twin\/PATCH\/properties\/desired\/#$/,
    /^\$iothub\/twin\/GET\/\?\$rid=[^&]+$/,
    /^\$iothub\/twin\/PATCH\/properties\/reported\/\?\$rid=[^&]+$/,
  ]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The fields of the token in a CONNECT; empty for certificates. */
function tokenIn(packet: object): Readonly<Record<string, string>> {
  const { password } = packet as { readonly password?: Buffer }
  return password === undefined ? {} : readToken(password.toString())
}
