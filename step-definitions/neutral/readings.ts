/**
 * The neutral rules that need more than the outcome of a call. Each is asked when a step has failed, and looks at what the
 * hub has seen; the requirement names it (`reading` in features/requirements).
 */

import type { JournalEntry } from 'mock-iot-hub'
import type { NeutralReading } from '../catalogue/requirement.ts'
import type { JsonObject } from '../driver/client-driver.ts'
import { readToken } from '../world/environment/sas.ts'
import { packets, publishes, telemetryFacts, topicOf } from '../world/wire.ts'
import type { ConformanceWorld } from '../world/world.ts'
import { accepted } from './happened.ts'

/** How long a client may take to be back, with pauses of its own. */
const PATIENCE_SECONDS = 300
/** The hub cuts a connection so long after its token has expired (docs/contract, the grace of a token). */
const GRACE_SECONDS = 600
/** How often its own keep-alive a client may take to notice that nobody answers. */
const KEEP_ALIVES = 2.5
/** Reasons of the hub's own, whatever the client notices. */
const ENDED_BY_HUB: readonly string[] = ['refused', 'fault', 'hub-stopped']
/** Pauses that differ by less are the same: timers and jitter. */
const SAME_PAUSE = 0.9

interface Found {
  readonly verdict: 'PASS' | 'WARN'
  readonly why: string
}
type Look = (world: ConformanceWorld) => Promise<Found | undefined> | Found | undefined

const pass = (why: string): Found => ({ verdict: 'PASS', why })
const warn = (why: string): Found => ({ verdict: 'WARN', why })

const LOOKS: Readonly<Partial<Record<NeutralReading, Look>>> = {
  'usable-afterwards': async (world) => {
    const isReportedAsSent = world.client.calls.some(
      ({ request, settled }) => request.do.startsWith('send') && settled !== undefined && 'ok' in settled,
    )
    if (isReportedAsSent || telemetryFacts(world).length > 0) return undefined
    await connected(world)
    const { session } = world.client.current
    await send(world, session, 'usable afterwards')
    return hasStored(world, 'usable afterwards')
      ? pass('The call failed, nothing was stored, and the client sends the next message.')
      : undefined
  },

  'comes-back': async (world) => {
    await world.time.passUntil(PATIENCE_SECONDS, () => isBack(world))
    if (isBack(world)) return pass('The client is connected again, after pauses of its own.')
    const { session } = world.client.current
    await send(world, session, 'back')
    return hasStored(world, 'back')
      ? warn('The client connects again with the next call, not before.')
      : undefined
  },

  'reads-again': async (world) => {
    const isTold = await toldOfTheNewest(world)
    await world.time.passUntil(PATIENCE_SECONDS, () => isTold() || isBack(world))
    if (isTold()) return pass('The newest desired properties have reached the application.')
    const since = afterTheLoss(world)
    const answered = packets(since, 'publish', 'out').some(({ packet }) =>
      topicOf(packet).startsWith('$iothub/twin/res/200/'),
    )
    return answered ? pass('The twin was read after the reconnection, and the answer was sent.') : undefined
  },

  renews: async (world) => {
    const [first] = connects(world)
    if (first === undefined) return undefined
    const over = first.expiry + GRACE_SECONDS - world.clock.now() / 1_000
    await world.time.passUntil(over, () => connects(world).some(({ expiry }) => expiry > first.expiry))
    const next = connects(world).find(({ expiry }) => expiry > first.expiry)
    return next !== undefined && next.at / 1_000 < first.expiry + GRACE_SECONDS
      ? pass('A CONNECT with a new token came before the hub cut the old one.')
      : undefined
  },

  'sent-again': (world) => {
    const [first, second] = publishes(world.hub.journal).slice(-2)
    return first !== undefined && second?.topic === first.topic && second.payload.equals(first.payload)
      ? warn('What was not acknowledged is sent again as a new message, not as a duplicate of the first.')
      : undefined
  },

  'stops-or-slows': (world) => {
    const at = packets(world.hub.recent, 'connect').map((entry) => entry.at)
    const pauses = at.slice(1).map((later, index) => later - (at[index] ?? 0))
    const grows = pauses.slice(1).every((pause, index) => pause >= (pauses[index] ?? 0) * SAME_PAUSE)
    if (at.length === 0) return undefined
    if (at.length === 1) return pass('The client stops after the refusal.')
    return grows && (pauses.at(-1) ?? 0) > (pauses[0] ?? 0)
      ? pass('The client tries again with growing pauses.')
      : undefined
  },

  'notices-silence': async (world) => {
    const connect = packets(world.hub.journal, 'connect').at(-1)
    const packet: { readonly keepalive?: number } | undefined = connect?.packet
    const keepAlive = packet?.keepalive ?? 0
    if (connect === undefined || keepAlive === 0) return undefined
    const limitMs = connect.at + KEEP_ALIVES * keepAlive * 1_000
    const noticed = (): boolean => isLeft(world.hub.journal, connect.linkId, limitMs)
    await world.time.passUntil((limitMs - world.clock.now()) / 1_000, noticed)
    return noticed() ? pass('The client ended the connection on which nobody answered.') : undefined
  },
}

/** Asks the neutral rules of the scenario after a step has failed for the documented Python API. */
export async function lookFurther(world: ConformanceWorld): Promise<void> {
  for (const [reading, look] of Object.entries(LOOKS)) {
    if (!world.reading.asks(reading as NeutralReading)) continue
    const found = await look(world)
    if (found !== undefined) world.reading.decide(found.verdict, found.why)
  }
}

/** Whether the client itself ended this connection by then, or dialled anew; a hub that closes a silent link proves nothing. */
export function isLeft(entries: readonly JournalEntry[], linkId: string, limitMs: number): boolean {
  return entries.some(
    (entry) =>
      entry.type === 'link-closed' &&
      entry.linkId === linkId &&
      entry.at <= limitMs &&
      !ENDED_BY_HUB.includes(entry.reason),
  )
}

/** Whether the application has been told of the newest desired properties. */
async function toldOfTheNewest(world: ConformanceWorld): Promise<() => boolean> {
  const { desired } = (await world.hub.start()).twins.get(world.client.current.identity)
  return () => versionTold(world.client.eventData('desired').at(-1)) === desired.version
}

function versionTold(data: JsonObject | undefined): unknown {
  return (data?.['patch'] as JsonObject | undefined)?.['$version'] // its type in the driver protocol
}

/** Connects when the client does not do so by itself. */
async function connected(world: ConformanceWorld): Promise<void> {
  if (isBack(world) || world.client.driver.hello.capabilities.includes('connection.auto-connect')) return
  const call = world.client.start({ do: 'connect', session: world.client.current.session })
  await world.time.passUntil(PATIENCE_SECONDS, () => call.settled !== undefined)
}

async function send(world: ConformanceWorld, session: string, text: string): Promise<void> {
  world.client.start({
    do: 'sendTelemetry',
    session,
    message: { body: Buffer.from(text).toString('base64') },
  })
  await world.time.passUntil(PATIENCE_SECONDS, () => hasStored(world, text))
}

function hasStored(world: ConformanceWorld, text: string): boolean {
  return telemetryFacts(world).some((message) => message['text'] === text)
}

/** Whether the hub has accepted a connection after the last one ended. */
function isBack(world: ConformanceWorld): boolean {
  return accepted(afterTheLoss(world))
}

function afterTheLoss({ hub }: ConformanceWorld): ConformanceWorld['hub']['journal'] {
  const last = hub.journal.findLast(({ type }) => type === 'link-closed')
  return hub.journal.filter(({ seq }) => seq > (last?.seq ?? 0))
}

/** The CONNECT packets with the expiry of their tokens, in seconds. */
function connects({ hub }: ConformanceWorld): readonly { readonly at: number; readonly expiry: number }[] {
  return packets(hub.journal, 'connect').flatMap(({ at, packet }) => {
    const { password } = packet as { readonly password?: Buffer }
    const expiry = password === undefined ? undefined : readToken(password.toString())['se']
    return expiry === undefined ? [] : [{ at, expiry: Number(expiry) }]
  })
}
