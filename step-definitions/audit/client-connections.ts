/** What holds for every connection of a client: how it begins, how it ends, and what the application is told of it. */

import type { JournalEntry } from 'mock-iot-hub'
import type { ClientFacts } from './client-calls.ts'

/** A connection that the hub has accepted. */
interface Link {
  readonly clientId: string
  /** Whom it dials: the host of a hub, or an ID scope. */
  readonly host: string
  /** What a client says of itself in each CONNECT. */
  readonly manner: string
  acceptedSeq: number
  closedSeq: number
  disconnectSeq: number
  /** The sequence number of the last packet of the client. */
  lastSeq: number
  /** Methods that the client has answered. */
  readonly answered: string[]
}

type PacketEntry = Extract<JournalEntry, { readonly type: 'packet' }>

/** @returns a sentence for each violation. */
export function connectionProblems(facts: ClientFacts): readonly string[] {
  const links = linksIn(facts.journal)
  const hasFault = facts.journal.some((entry) => entry.type === 'fault' && entry.phase === 'fired')
  return [
    ...manners(links),
    ...links.flatMap(({ disconnectSeq, lastSeq, answered }) => [
      ...(lastSeq > disconnectSeq ? ['a packet after DISCONNECT'] : []),
      ...(new Set(answered).size < answered.length ? [`two responses to one of ${answered.join(', ')}`] : []),
    ]),
    ...(hasFault ? [] : farewells(facts, links)),
    ...[...facts.clientIds.keys()].flatMap((session) => changes(session, facts)),
  ]
}

function linksIn(journal: readonly JournalEntry[]): readonly Link[] {
  const links = new Map<string, Link>()
  for (const entry of journal) {
    if (entry.type === 'packet' && entry.cmd === 'connect' && entry.direction === 'in')
      links.set(entry.linkId, begun(entry))
    const link = 'linkId' in entry ? links.get(entry.linkId ?? '') : undefined
    if (link === undefined) continue
    if (entry.type === 'link-closed') link.closedSeq = entry.seq
    else if (entry.type === 'packet') pass(link, entry)
  }
  return [...links.values()].filter(({ acceptedSeq }) => acceptedSeq < Infinity)
}

function begun({ packet, seq }: PacketEntry): Link {
  // The fields of mqtt-packet.
  const { clientId, username, keepalive, clean } = packet as {
    readonly clientId: string
    readonly username?: string
    readonly keepalive?: number
    readonly clean?: boolean
  }
  return {
    clientId,
    host: username?.split('/')[0] ?? '',
    manner: JSON.stringify([username, keepalive, clean]),
    ...{ acceptedSeq: Infinity, closedSeq: Infinity, disconnectSeq: Infinity, lastSeq: seq, answered: [] },
  }
}

function pass(link: Link, { packet, cmd, direction, seq }: PacketEntry): void {
  const {
    returnCode,
    topic = '',
    dup,
  } = packet as {
    readonly returnCode?: number
    readonly topic?: string
    readonly dup?: boolean
  } // the fields of mqtt-packet
  if (direction === 'out') {
    if (cmd === 'connack' && returnCode === 0) link.acceptedSeq = seq
    return
  }
  link.lastSeq = seq
  if (cmd === 'disconnect') link.disconnectSeq = seq
  const [, rid] = /^\$iothub\/methods\/res\/-?\d+\/\?\$rid=(.+)$/.exec(topic) ?? []
  if (cmd === 'publish' && rid !== undefined && dup !== true) link.answered.push(rid)
}

/** A client says the same of itself each time, at a hub as at the provisioning service. */
function manners(links: readonly Link[]): readonly string[] {
  const known = new Map<string, string>()
  return links.flatMap(({ clientId, manner, host }) => {
    const before = known.get(`${host} ${clientId}`) ?? manner
    known.set(`${host} ${clientId}`, manner)
    return before === manner ? [] : [`CONNECT says ${manner} after ${before}`]
  })
}

/** A client that is told to disconnect sends DISCONNECT before it closes. */
function farewells({ calls, clientIds }: ClientFacts, links: readonly Link[]): readonly string[] {
  return calls.flatMap(({ request, settled, fromSeq, toSeq }) => {
    if (request.do !== 'disconnect' && request.do !== 'shutdown') return []
    if (settled === undefined || !('ok' in settled)) return []
    const open = links.find(
      ({ clientId, acceptedSeq, closedSeq }) =>
        clientId === clientIds.get(request.session) && acceptedSeq <= fromSeq && closedSeq > fromSeq,
    )
    return open === undefined || open.disconnectSeq <= toSeq ? [] : [`${request.do} without DISCONNECT`]
  })
}

/** Begins what only the documented Python API breaks: some clients tell of each connection, and not of each loss. */
export const TOLD_TWICE = 'told that connected is'

/** The handler of the connection state is called when it changes. */
function changes(session: string, { events }: ClientFacts): readonly string[] {
  const states = events
    .filter((one) => one.session === session && one.event === 'connectionState')
    .map(({ data }) => data['connected'])
  return states.flatMap((state, index) =>
    index > 0 && state === states[index - 1] ? [`${TOLD_TWICE} ${JSON.stringify(state)} twice`] : [],
  )
}
