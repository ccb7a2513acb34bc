/** What several rules ask. */

import type { Entry, EntryOf, PacketEntry } from '../recording/entries.ts'
import { citing, fail, inconclusive, notObserved, notRun, pass, warn, type Judgement } from './words.ts'
import { secondsBetween, type Dial, type Link, type View, type Window } from './view.ts'

export interface Rule {
  readonly id: string
  readonly judge: (view: View) => Judgement
}

export const rule = (id: string, judge: Rule['judge']): Rule => ({ id, judge })

/**
 * Judges the window of a provocation, or says why there is none.
 * @param needsStrike whether nothing can be said when the fault has not struck.
 */
export function during(
  view: View,
  name: string,
  judge: (window: Window) => Judgement,
  { needsStrike = true } = {},
): Judgement {
  const window = view.window(name)
  if (window === undefined) {
    const reason = view.leftOut(name)
    return reason === undefined ? notRun(`the provocation ${name} was not carried out`) : notObserved(reason)
  }
  if (window.trouble !== undefined) return inconclusive(window.trouble, citing(window.over))
  if (needsStrike && window.struck === undefined)
    return inconclusive(`the provocation ${name} did not strike`, citing(window.begun, window.over))
  return judge(window)
}

/** Whether a required reaction that did not come is the device's fault (the two legs of FAIL). */
export function missing(
  view: View,
  window: Window,
  what: string,
  since: Entry | undefined = window.released ?? window.struck,
): Judgement {
  const { over } = window
  const cites = citing(window.struck, since, over)
  if (!window.settled) return inconclusive(`${what}, but the device was not settled before`, cites)
  if (since === undefined || over === undefined)
    return inconclusive(`${what}, but the provocation did not end`, cites)
  const waited = secondsBetween(since, over)
  const { patienceSeconds } = view.file.limits
  const { probeSeconds } = view.numbers
  if (waited < patienceSeconds)
    return inconclusive(
      `${what} within ${waited.toFixed(0)} s, and it has ${String(patienceSeconds)} s`,
      cites,
    )
  const probe = view.of('probe', window.entries).findLast(({ at }) => over.at - at <= probeSeconds * 1000)
  // A device that is connected has proven it itself.
  const state = view.entries.findLast(
    ({ seq, type }) => seq < over.seq && (type === 'connected' || type === 'disconnected'),
  )
  if (probe?.ok !== true && state?.type !== 'connected')
    return inconclusive(`${what}, but the way to the hub was not proven open`, citing(cites, probe))
  return fail(`${what} within ${waited.toFixed(0)} s, though the way was open`, citing(cites, probe ?? state))
}

/** The first sign of life on a link: telemetry, a method answer, a twin request. */
export function signOfLife(link: Link): PacketEntry | undefined {
  return link.packets.find(
    (packet) =>
      packet.way === 'in' &&
      packet.at >= (link.connected?.at ?? 0) &&
      (packet.cmd === 'publish' || packet.cmd === 'pingreq' || packet.cmd === 'subscribe'),
  )
}

export interface Return {
  readonly link: Link
  readonly seconds: number
  readonly life: PacketEntry
}

/**
 * How the device came back after a moment; undefined: it did not. A link that ended before the way was free again is no
 * return.
 */
export function comesBack(view: View, window: Window, after: Entry): Return | undefined {
  const free = window.released?.seq ?? after.seq
  for (const link of view.links) {
    const { connected, disconnected } = link
    if (connected === undefined || connected.seq <= after.seq) continue
    if (connected.seq > (window.over?.seq ?? Infinity)) continue
    if ((disconnected?.seq ?? Infinity) < free) continue
    const life = signOfLife(link)
    if (life === undefined || life.seq > (window.over?.seq ?? Infinity)) continue
    return { link, seconds: secondsBetween(after, connected), life }
  }
  return undefined
}

/** The judgement of a row "it comes back by itself after …". */
export function backAgain(view: View, name: string, lateSeconds = view.numbers.lateBackSeconds): Judgement {
  return during(view, name, (window) => {
    const from = window.released ?? window.struck
    if (from === undefined) return inconclusive('the provocation did not end')
    const recovery = view.of('recovery').find(({ after }) => after === name)
    if (recovery !== undefined)
      return fail(`it was stuck, and ${recovery.how} was needed`, citing(window.struck, recovery))
    const struck = window.struck ?? from
    // A device may be back before the provocation was taken away; what counts is that it works afterwards.
    const back = comesBack(view, window, struck)
    if (back === undefined) return missing(view, window, 'it did not come back')
    const seconds = Math.max(0, secondsBetween(from, back.link.connected ?? from))
    const cites = citing(struck, back.link.connected, back.life)
    const figures = { seconds }
    return seconds > lateSeconds
      ? warn(`back after ${seconds.toFixed(0)} s`, cites, figures)
      : pass(`back after ${seconds.toFixed(1)} s`, cites, figures)
  })
}

/** Attempts in the busiest 60 s. */
export function busiestMinute(dials: readonly Dial[]): {
  readonly count: number
  readonly dials: readonly Dial[]
} {
  let best: readonly Dial[] = []
  for (const [at, { entry }] of dials.entries()) {
    const within = dials.slice(at).filter((other) => other.entry.at - entry.at < 60_000)
    if (within.length > best.length) best = within
  }
  return { count: best.length, dials: best }
}

/** Judges a number of attempts. */
export function attempts(
  count: number,
  passing: number,
  warning: number,
  cites: readonly number[],
): Judgement {
  const why = `${String(count)} attempts within 60 s`
  const figures = { attemptsInAMinute: count }
  if (count > warning) return fail(why, cites, figures)
  return count > passing ? warn(why, cites, figures) : pass(why, cites, figures)
}

/** Everything that happens all the time: a rule over things that are there or not. */
export function always<T extends { readonly seq: number }>(
  things: readonly T[],
  nothing: string,
  good: string,
  judge: (thing: T) => Judgement | undefined,
): Judgement {
  if (things.length === 0) return notObserved(nothing)
  const bad = things.flatMap((thing) => judge(thing) ?? [])
  const failed = bad.filter(({ word }) => word === 'FAIL')
  const [first] = failed.length > 0 ? failed : bad
  if (first === undefined) return pass(good, citing(things))
  const more = (failed.length > 0 ? failed : bad).length - 1
  return { ...first, why: more === 0 ? first.why : `${first.why}, and ${String(more)} more times` }
}

/** Whether a value has the values that an effect names, by JSON paths. */
export function hasValues(text: string | undefined, expected: Readonly<Record<string, unknown>>): boolean {
  const value = jsonOf(text)
  return Object.entries(expected).every(([path, wanted]) => sameJson(atPath(value, path), wanted))
}

export function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The value at a path such as `$.a.b`; undefined: there is none. */
export function atPath(value: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined,
      value,
    )
}

export function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

/** Whether `value` has all of `part`, at any depth. */
export function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return sameJson(value, part)
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(part).every(
      ([name, wanted]) => Object.hasOwn(value, name) && contains(Reflect.get(value, name), wanted),
    )
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** The calls of the service side within a window, by a part of their key. */
export function served(
  view: View,
  window: Window,
  what: string,
  key?: string,
): EntryOf<'service'> | undefined {
  return view
    .of('service', window.entries)
    .find((one) => one.what === what && (key === undefined || one.key === key))
}

export function answerTo(view: View, key: string): EntryOf<'answer'> | undefined {
  return view.of('answer').find((one) => one.key === key)
}
