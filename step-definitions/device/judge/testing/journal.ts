/** Short journals for the tests of the judge: what passed on the wire, in order, with pauses between. */

import type { NewEntry, PublishFields, Recording, ShownToken } from '../../recording/entries.ts'
import { FORMAT } from '../../recording/files.ts'
import { deviceFileOf } from '../../file/read.ts'
import { GOOD_FILE, ROWS } from '../../testing/simulation.ts'
import { judge, type Verdict } from '../judge.ts'

/** An entry, or seconds that pass. */
export type Part = NewEntry | { readonly wait: number }
export type Journal = readonly (Part | readonly Part[])[]

const STARTED_AT = 1_767_225_600_000
export const HOST = 'hub.iot.test'
export const ID = 'thermostat-1'
export const EVENTS = `devices/${ID}/messages/events/$.ct=application%2Fjson&$.ce=utf-8&room=first%20floor`
export const BOUND = `devices/${ID}/messages/devicebound/`
export const GET = '$iothub/twin/GET/?$rid=1'
export const PATCH = '$iothub/twin/PATCH/properties/reported/?$rid=2'
export const FILTERS = [
  ...[`${BOUND}#`, '$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#', '$iothub/methods/POST/#'],
]

export const wait = (seconds: number): Part => ({ wait: seconds })

// The conductor.

export const begun = (name: string, settled = true): Part => ({
  ...{ type: 'provocation', name, state: 'begun', attempt: 1, settled },
})
const state =
  (which: 'struck' | 'released') =>
  (name: string): Part => ({ type: 'provocation', name, state: which, attempt: 1 })
export const struck = state('struck')
export const released = state('released')
export const over = (name: string, reason?: string): Part => ({
  ...{ type: 'provocation', name, state: 'over', attempt: 1 },
  ...(reason === undefined ? {} : { reason }),
})
export const leftOut = (name: string): Part => ({
  ...{ type: 'provocation', name, state: 'left-out', attempt: 0, reason: 'there is no trigger for it' },
})
export const probe: Part = { type: 'probe', ok: true }
export const recovery = (after: string): Part => ({ type: 'recovery', after, how: 'a power cycle', ok: true })
export const alive = (after: string, ok = true): Part => ({ type: 'alive', after, ok, by: 'trigger' })
export const service = (what: string, key: string, detail: NewEntryOf<'service'>['detail'] = {}): Part => ({
  ...{ type: 'service', what, key, detail },
})
export const answer = (key: string, more: Partial<NewEntryOf<'answer'>> = {}): Part => ({
  ...{ type: 'answer', what: 'method', key, ok: true, status: 200 },
  ...more,
})
export const fault = (name: string): Part => ({ type: 'fault', id: name, name, phase: 'fired' })
export const feedback = (messageId: string, status = 'Success'): Part => ({
  type: 'feedback',
  messageId,
  status,
})

type NewEntryOf<T extends NewEntry['type']> = Extract<NewEntry, { readonly type: T }>

// The device. A link has a number; its peer has the same.

const peerOf = (link: number): string => `192.0.2.1:${String(link)}`
const linkOf = (link: number): string => `mqtt-${String(link)}`

export const dialled = (link: number, port = 8883): Part => ({
  ...{ type: 'dialled', protocol: 'mqtt', peer: peerOf(link), port },
})

type Offer = NonNullable<NewEntryOf<'tls-hello'>['offer']>
export const hello = (link: number, more: Partial<Offer> = {}): Part => ({
  type: 'tls-hello',
  peer: peerOf(link),
  offer: {
    ...{ versions: ['TLSv1.3', 'TLSv1.2'], suites: ['0x1301', '0xc02f'], serverName: HOST },
    ...{ alpn: [], sessionTicket: false },
    ...more,
  },
})
export const ended = (link: number, more: Partial<NewEntryOf<'tls-ended'>> = {}): Part => ({
  ...{ type: 'tls-ended', peer: peerOf(link), finished: true, version: 'TLSv1.3' },
  ...more,
})

interface Connecting {
  readonly clientId?: string
  readonly username?: string
  readonly keepalive?: number
  readonly clean?: boolean
  readonly will?: { readonly topic: string; readonly qos: number; readonly retain: boolean }
  readonly token?: ShownToken
  readonly password?: true
}

const token = (more: Partial<ShownToken> = {}): ShownToken => ({
  ...{ sr: `${HOST}/devices/${ID}`, se: STARTED_AT / 1000 + 7_200, print: 'p1' },
  ...more,
})
export { token as shownToken }

export const opened = (link: number): readonly Part[] => [
  ...[dialled(link), hello(link), ended(link)],
  {
    ...{ type: 'link-opened', link: linkOf(link), peer: peerOf(link), transport: 'mqtt' },
    tls: { version: 'TLSv1.3', serverName: HOST, resumed: false },
  },
]
export const connect = (link: number, more: Connecting = {}): Part => ({
  ...{ type: 'packet', link: linkOf(link), way: 'in', cmd: 'connect', clientId: ID },
  ...{ username: `${HOST}/${ID}/?api-version=2021-04-12`, keepalive: 30, clean: false, token: token() },
  ...more,
})
export const connack = (link: number, code = 0, present = true): Part => ({
  ...{ type: 'packet', link: linkOf(link), way: 'out', cmd: 'connack', code, present },
})
export const connected = (link: number): Part => ({ type: 'connected', link: linkOf(link), identity: ID })

/** The device connects. */
export const up = (link: number, more: Connecting = {}, present = true): readonly Part[] => [
  ...[...opened(link), connect(link, more), connected(link), connack(link, 0, present)],
]
/** The link ends. */
export const down = (link: number, reason = 'fault', why = 'link-closed'): readonly Part[] => [
  { type: 'link-closed', link: linkOf(link), reason },
  { type: 'disconnected', link: linkOf(link), identity: ID, reason: why },
]
export const refusal = (link: number, received: string, code = 400_000, rule = 'WIRE'): Part => ({
  ...{ type: 'refusal', link: linkOf(link), error: 'GenericBadRequest', code, rule, received },
})

const publish = (way: 'in' | 'out', link: number, topic: string, more: Partial<PublishFields>): Part => {
  const text = more.text ?? ''
  return {
    ...{
      type: 'packet',
      link: linkOf(link),
      way,
      cmd: 'publish',
      topic,
      qos: 1,
      dup: false,
      retain: false,
      id: 1,
    },
    ...{ bytes: text.length, hash: text, text },
    ...more,
  }
}
/** PUBLISH of the device. */
export const sent = (link: number, topic: string, more: Partial<PublishFields> = {}): Part =>
  publish('in', link, topic, more)
/** PUBLISH of the hub. */
export const got = (link: number, topic: string, more: Partial<PublishFields> = {}): Part =>
  publish('out', link, topic, more)
/** Telemetry with its number, and its acknowledgement. */
export const telemetry = (link: number, n: number, more: Partial<PublishFields> = {}): readonly Part[] => [
  sent(link, EVENTS, { id: n, text: JSON.stringify({ n }), ...more }),
  puback(link, 'out', more.id ?? n),
]
export const puback = (link: number, way: 'in' | 'out', id = 1): Part => ({
  ...{ type: 'packet', link: linkOf(link), way, cmd: 'puback', id },
})
export const subscribe = (link: number, filters: readonly string[] = FILTERS, qos = 1, id = 9): Part => ({
  ...{ type: 'packet', link: linkOf(link), way: 'in', cmd: 'subscribe', id },
  filters: filters.map((topic) => ({ topic, qos })),
})
export const suback = (link: number, id = 9): Part => ({
  ...{ type: 'packet', link: linkOf(link), way: 'out', cmd: 'suback', id },
})
export const bare = (link: number, cmd: 'pingreq' | 'disconnect'): Part => ({
  ...{ type: 'packet', link: linkOf(link), way: 'in', cmd },
})

export function recordingOf(journal: Journal): Recording {
  let at = STARTED_AT
  let seq = 0
  const entries = journal.flat().flatMap((part) => {
    if ('wait' in part) {
      at += part.wait * 1000
      return []
    }
    return [{ ...part, seq: ++seq, at }]
  })
  return {
    header: {
      ...{ format: FORMAT, suite: 'test', startedAt: STARTED_AT, seed: 1, kind: 'endurance', hostName: HOST },
      ...{ ports: { mqtt: 8883, https: 443 }, planned: ROWS.map(({ id }) => id), hubAheadMs: 0 },
    },
    entries,
  }
}

/** @param file what the device file says in place of the good one's. */
export function verdictOf(row: string, journal: Journal, file: object = {}): Verdict {
  const [verdict] = judge(
    recordingOf(journal),
    deviceFileOf({ ...GOOD_FILE, ...file }),
    ROWS.filter(({ id }) => id === row),
  )
  if (verdict === undefined) throw new RangeError(`there is no row ${row}`)
  return verdict
}
