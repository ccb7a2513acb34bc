/**
 * What holds for every call of a client, whatever the scenario is about: a call that succeeds has had its effect on the
 * wire, with exact content, and what the application is told is what the hub has sent, once and in order.
 */

import { isDeepStrictEqual } from 'node:util'
import type { JournalEntry } from 'mock-iot-hub'
import type { DriverEvent, DriverReply, DriverRequest, JsonObject } from '../driver/client-driver.ts'
import { jsonOf } from '../raw-clients/https-client.ts'
import { field, isFields } from './exchange.ts'

/** A call, and what the hub had recorded when it began and ended. */
export interface AuditedCall {
  readonly request: DriverRequest
  readonly settled: DriverReply | undefined
  readonly fromSeq: number
  /** Infinity: the call is under way. */
  readonly toSeq: number
}

export interface ClientFacts {
  readonly journal: readonly JournalEntry[]
  readonly calls: readonly AuditedCall[]
  readonly events: readonly DriverEvent[]
  /** Client ids of the sessions, as in CONNECT. */
  readonly clientIds: ReadonlyMap<string, string>
}

interface Publish {
  readonly seq: number
  readonly linkId: string
  readonly clientId: string
  readonly direction: 'in' | 'out'
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly dup: boolean
  readonly messageId: number | undefined
}

/** @returns a sentence for each violation. */
export function callProblems(facts: ClientFacts): readonly string[] {
  const wire = new Wire(facts.journal)
  return [
    ...facts.calls.flatMap((call) => effectOf(call, facts, wire)),
    ...facts.calls.flatMap((call) => registered(call, wire)),
    ...[...facts.clientIds].flatMap(([session, clientId]) => told(session, clientId, facts, wire)),
    ...[...facts.clientIds].flatMap(([session, clientId]) => rest(session, clientId, facts, wire)),
    ...wire.problems(),
  ]
}

/** Each registration sends its own payload; what was not given may be absent or null. */
function registered({ request, settled, fromSeq, toSeq }: AuditedCall, wire: Wire): readonly string[] {
  if (request.do !== 'provisionRegister' || settled === undefined || !('ok' in settled)) return []
  const wanted = request.payload ?? null
  const sent = wire.publishes.filter(
    ({ seq, topic }) => seq > fromSeq && seq <= toSeq && topic.includes('/iotdps-register/'),
  )
  return sent.every(({ payload }) => isDeepStrictEqual(field(jsonOf(payload), 'payload') ?? null, wanted))
    ? []
    : [`provisionRegister: another payload than ${shown(wanted)} was sent`]
}

/** What went over the connections of the clients. */
class Wire {
  readonly publishes: readonly Publish[]
  readonly connects: readonly { readonly seq: number; readonly clientId: string }[]
  readonly #acknowledged = new Set<string>()

  constructor(journal: readonly JournalEntry[]) {
    const clientOf = new Map<string, string>()
    const publishes: Publish[] = []
    const connects: { readonly seq: number; readonly clientId: string }[] = []
    for (const entry of journal) {
      if (entry.type !== 'packet') continue
      const { seq, linkId, direction, cmd } = entry
      const packet = entry.packet as Partial<Publish> & { readonly clientId?: string } // the fields of mqtt-packet
      if (cmd === 'connect') {
        clientOf.set(linkId, packet.clientId ?? '')
        connects.push({ seq, clientId: packet.clientId ?? '' })
      } else if (cmd === 'puback')
        this.#acknowledged.add(`${linkId} ${direction} ${String(packet.messageId)}`)
      else if (cmd === 'publish')
        publishes.push({
          ...{ seq, linkId, direction, clientId: clientOf.get(linkId) ?? '', topic: packet.topic ?? '' },
          payload: Buffer.from(packet.payload ?? ''),
          ...{ qos: packet.qos ?? 0, dup: packet.dup === true, messageId: packet.messageId },
        })
    }
    this.publishes = publishes
    this.connects = connects
  }

  of(clientId: string | undefined, direction: 'in' | 'out'): readonly Publish[] {
    return this.publishes.filter((one) => one.direction === direction && one.clientId === clientId)
  }

  isAcknowledged({ linkId, direction, messageId }: Publish): boolean {
    return this.#acknowledged.has(`${linkId} ${direction === 'in' ? 'out' : 'in'} ${String(messageId)}`)
  }

  /** What is sent again was sent before, comes first, and keeps its order (MQTT 3.1.1, 4.6). */
  problems(): readonly string[] {
    const sent = new Map<string, number>()
    const again = new Map<string, number>()
    const fresh = new Set<string>()
    const problems: string[] = []
    for (const one of this.publishes.filter(({ direction, qos }) => direction === 'in' && qos === 1)) {
      const { clientId, linkId, messageId, topic, payload, dup } = one
      const key = `${clientId} ${String(messageId)} ${topic} ${payload.toString('base64')}`
      if (!dup) {
        fresh.add(linkId)
        sent.set(key, one.seq)
        continue
      }
      const first = sent.get(key)
      if (first === undefined) problems.push(`${topic} is marked as sent again, and was not sent before`)
      else {
        if ((again.get(linkId) ?? 0) > first) problems.push(`${topic} is sent again after a later message`)
        again.set(linkId, Math.max(first, again.get(linkId) ?? 0))
        if (fresh.has(linkId)) problems.push(`${topic} is sent again after what is new`)
      }
    }
    return problems
  }
}

function effectOf(call: AuditedCall, facts: ClientFacts, wire: Wire): readonly string[] {
  const { request, settled } = call
  if (settled === undefined || !('session' in request)) return []
  const clientId = facts.clientIds.get(request.session)
  if (clientId === undefined) return []
  // Nothing confirms a response to a method: the hub may see it after the call has ended.
  const lastSeq = request.do === 'respondMethod' ? Infinity : call.toSeq
  const sent = wire.of(clientId, 'in').filter(({ seq }) => seq > call.fromSeq && seq <= lastSeq)
  const problem = effect(call, settled, sent, wire.of(clientId, 'out'))
  return problem === undefined ? [] : [`${request.do}: ${problem}`]
}

function effect(
  { request, fromSeq, toSeq }: AuditedCall,
  settled: DriverReply,
  sent: readonly Publish[],
  received: readonly Publish[],
): string | undefined {
  if (!('ok' in settled)) return undefined
  const between = received.filter(({ seq }) => seq > fromSeq && seq <= toSeq)
  switch (request.do) {
    case 'sendTelemetry':
    case 'sendOutput':
      return sentAs(request, sent)
    case 'patchReported': {
      const own = sent.filter(({ topic }) => topic.startsWith('$iothub/twin/PATCH/properties/reported/'))
      if (!own.some(({ payload }) => isDeepStrictEqual(jsonOf(payload), request.patch)))
        return `no patch with ${JSON.stringify(request.patch).slice(0, 100)} was sent`
      return between.some(({ topic }) => /^\$iothub\/twin\/res\/20\d\//.test(topic))
        ? undefined
        : 'the hub has not accepted the patch'
    }
    case 'getTwin':
      return between.some(
        ({ topic, payload }) =>
          topic.startsWith('$iothub/twin/res/200/') && isDeepStrictEqual(jsonOf(payload), settled.ok),
      )
        ? undefined
        : 'the twin is not what the hub has answered'
    case 'respondMethod': {
      const own = sent.filter(({ topic }) =>
        topic.startsWith(`$iothub/methods/res/${String(request.status)}/`),
      )
      // How nothing is written is a matter of the client.
      const wanted = request.payload
      return own.some(
        ({ payload }) => wanted === undefined || isDeepStrictEqual(jsonOf(payload) ?? null, wanted),
      )
        ? undefined
        : 'no such response was sent'
    }
    default:
      return undefined
  }
}

type Send = Extract<DriverRequest, { readonly do: 'sendTelemetry' | 'sendOutput' }>

/** System properties of messages in topics. */
const SYSTEM = {
  messageId: '$.mid',
  correlationId: '$.cid',
  userId: '$.uid',
  contentType: '$.ct',
  contentEncoding: '$.ce',
} as const

/** A message is sent as it is: body, properties, ids; with QoS 1. */
function sentAs(request: Send, sent: readonly Publish[]): string | undefined {
  const { message } = request
  if (!['message', undefined].includes(message.as)) return undefined
  const body = Buffer.from(message.body, 'base64')
  const telemetry = sent.filter(({ topic }) => topic.includes('/messages/events'))
  const same = telemetry.filter(({ payload }) => payload.equals(body))
  const [one] = same
  if (one === undefined) return 'no message with its body was sent'
  if (one.qos !== 1) return `it was sent with QoS ${String(one.qos)}`
  const wanted = new Map((message.properties ?? []).filter(([name]) => !name.startsWith('$')))
  const fits = same.some(({ topic }) => {
    const bag = bagOf(topic)
    const own = [...bag].filter(([name]) => !name.startsWith('$.'))
    return (
      own.length === wanted.size &&
      own.every(([name, value]) => wanted.has(name) && (wanted.get(name) ?? '') === (value ?? '')) &&
      Object.entries(SYSTEM).every(([field, name]) => {
        const given = message[field as keyof typeof SYSTEM]
        return given === undefined || bag.get(name) === given
      }) &&
      (request.do === 'sendTelemetry' || bag.get('$.on') === request.output)
    )
  })
  return fits ? undefined : `it was sent as ${one.topic}`
}

function bagOf(topic: string): ReadonlyMap<string, string | null> {
  const [, bag = ''] = /\/messages\/(?:events|devicebound)\/(.*)$/s.exec(topic) ?? []
  // Some clients end each topic with a slash.
  return pairsOf(bag.replace(/\/$/, ''))
}

function pairsOf(bag: string): ReadonlyMap<string, string | null> {
  return new Map(
    bag
      .replace(/^\?/, '')
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const cut = pair.indexOf('=')
        return cut < 0 ? [decoded(pair), null] : [decoded(pair.slice(0, cut)), decoded(pair.slice(cut + 1))]
      }),
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What came to the application of a session, by event or by call, in the order in which it came. */
function comingsOf(session: string, facts: ClientFacts, event: string, call: string): readonly JsonObject[] {
  const byEvent = facts.events.filter((one) => one.session === session && one.event === event)
  if (byEvent.length > 0) return byEvent.map(({ data }) => data)
  return facts.calls
    .filter(({ request }) => request.do === call && 'session' in request && request.session === session)
    .toSorted((a, b) => a.toSeq - b.toSeq)
    .flatMap(({ settled }) => {
      const ok = settled !== undefined && 'ok' in settled ? settled.ok : null
      return isFields(ok) ? [ok] : []
    })
}

/** Told once each, in the order of the hub, with the content of the hub. */
function told(session: string, clientId: string, facts: ClientFacts, wire: Wire): readonly string[] {
  const sent = wire.of(clientId, 'out')
  // An identity that is made anew has a new twin.
  const isAnew = facts.journal.some((entry) => entry.type === 'registry' && entry.change === 'deleted')
  const wishes = isAnew ? [] : comingsOf(session, facts, 'desired', 'receiveDesired')
  return [
    ...toldMessages(comingsOf(session, facts, 'message', 'receiveMessage'), sent),
    ...toldMethods(comingsOf(session, facts, 'method', 'receiveMethod'), sent),
    ...toldWishes(
      wishes.map((one) => ('patch' in one ? (one['patch'] as JsonObject) : one)),
      sent,
    ),
  ]
}

function toldMessages(told: readonly JsonObject[], sent: readonly Publish[]): readonly string[] {
  const deliveries = sent
    .filter(({ topic }) => /\/(messages\/devicebound|inputs\/[^/]+)\//.test(topic))
    .map(({ topic, payload }) => ({
      text: payload.toString('utf8'),
      bag: pairsOf(/\/(?:messages\/devicebound|inputs\/[^/]+)\/(.*)$/s.exec(topic)?.[1] ?? ''),
    }))
  return told.flatMap((one) => {
    const known = deliveries.filter(({ text }) => text === one['text'])
    if (known.length === 0) return [`a message ${shown(one['text'])} that the hub has not sent`]
    const properties = one['properties'] as Readonly<Record<string, string | null>> | undefined
    const fits = known.some(
      ({ bag }) =>
        (one['messageId'] === undefined || bag.get('$.mid') === one['messageId']) &&
        Object.entries(properties ?? {}).every(
          ([name, value]) => name.startsWith('$') || (bag.get(name) ?? '') === (value ?? ''),
        ) &&
        [...bag].every(
          ([name]) =>
            name.startsWith('$.') ||
            name.startsWith('iothub-') ||
            properties === undefined ||
            name in properties,
        ),
    )
    return fits ? [] : [`a message is told of with ${shown(one)}`]
  })
}

function toldMethods(told: readonly JsonObject[], sent: readonly Publish[]): readonly string[] {
  const requests = sent.flatMap(({ topic, payload }) => {
    const [, name, rid] = /^\$iothub\/methods\/POST\/([^/]+)\/\?\$rid=(.+)$/.exec(topic) ?? []
    return rid === undefined ? [] : [{ name, rid, payload: jsonOf(payload) ?? null }]
  })
  const seen = new Set<string>()
  return told.flatMap(({ requestId, name, payload = null }) => {
    const rid = shown(requestId).replaceAll('"', '')
    if (seen.has(rid)) return [`the call ${rid} is told of twice`]
    seen.add(rid)
    const known = requests.find((one) => one.rid === rid)
    // Some drivers give requests numbers of their own.
    const candidates = known === undefined ? requests : [known]
    return candidates.some((one) => one.name === name && isDeepStrictEqual(one.payload, payload))
      ? []
      : [`a call of ${shown(name)} that the hub has not sent`]
  })
}

/** Versions never fall, and each is told of as often as the hub has sent it: as a patch, and in an answer with the twin. */
function toldWishes(told: readonly JsonObject[], sent: readonly Publish[]): readonly string[] {
  const transmissions = sent.map(desiredVersionOf)
  let last = 0
  let times = 0
  return told.flatMap((patch) => {
    const version = Number(patch['$version'])
    if (!Number.isInteger(version)) return []
    const before = last
    times = version === before ? times + 1 : 1
    last = version
    const isRight = version > before || transmissions.filter((one) => one === version).length >= times
    return version >= before && isRight
      ? []
      : [`desired properties of version ${String(version)} after ${String(before)}`]
  })
}

/** The version of the desired properties that the hub sends; undefined: it sends none. */
function desiredVersionOf({ topic, payload }: Publish): number | undefined {
  const [, version] = /^\$iothub\/twin\/PATCH\/properties\/desired\/\?\$version=(\d+)/.exec(topic) ?? []
  if (version !== undefined) return Number(version)
  if (!topic.startsWith('$iothub/twin/res/200/')) return undefined
  return Number(field(field(jsonOf(payload), 'desired'), '$version'))
}

/** Calls that may bring a client back. */
const QUIET = ['disconnect', 'shutdown', 'destroy', 'state', 'sync', 'release', 'describe', 'assign']

/** After a disconnect that succeeded, a client stays away until it is called again. */
function rest(session: string, clientId: string, { calls }: ClientFacts, wire: Wire): readonly string[] {
  const own = calls.filter(({ request }) => 'session' in request && request.session === session)
  return own.flatMap(({ request, settled, toSeq }) => {
    if (!['disconnect', 'shutdown'].includes(request.do) || settled === undefined || !('ok' in settled))
      return []
    const connected = wire.connects.find((one) => one.clientId === clientId && one.seq > toSeq)
    if (connected === undefined) return []
    const isCalled = own.some(
      (other) => !QUIET.includes(other.request.do) && other.toSeq >= toSeq && other.fromSeq <= connected.seq,
    )
    return isCalled ? [] : [`it connects after ${request.do} without being called`]
  })
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 200)
}
