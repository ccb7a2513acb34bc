/** Topic filters of devices: which of them the hub grants, and which of its topics they match (docs/contract/mqtt.md). */

import type { Identity } from '../../core/contract/identity.ts'
import { ownRoot } from './topics.ts'

/** What the hub sends to a device. `answers` are the answers to twin requests. */
export type Subject = 'c2d' | 'inputs' | 'desired' | 'answers' | 'methods'

/** A granted topic filter. */
export interface Filter {
  readonly levels: readonly string[]
  /** What it matches; empty: nothing that the hub sends. */
  readonly subjects: readonly Subject[]
}

/** A level that differs from message to message: a name, a status. */
const ANY = 1
/** The last level: a request id, a version, or a property bag. */
const TAIL = 2
type Pattern = readonly (string | typeof ANY | typeof TAIL)[]

const SUBJECTS: readonly Subject[] = ['c2d', 'inputs', 'desired', 'answers', 'methods']

/** The levels of a subject's topics. @param name of the method or input, or the status of the answer; undefined: any. */
function patternOf(subject: Subject, identity: Identity, name?: string): Pattern {
  switch (subject) {
    case 'c2d':
      return [...ownRoot(identity).split('/'), 'messages', 'devicebound', TAIL]
    case 'inputs':
      return [...ownRoot(identity).split('/'), 'inputs', name ?? ANY, TAIL]
    case 'desired':
      return ['$iothub', 'twin', 'PATCH', 'properties', 'desired', TAIL]
    case 'answers':
      return ['$iothub', 'twin', 'res', name ?? ANY, TAIL]
    case 'methods':
      return ['$iothub', 'methods', 'POST', name ?? ANY, TAIL]
  }
}

/**
 * Within `$iothub/…` and the identity's own topics every filter is granted (WIRE-SESS-14).
 * @param filter a valid filter.
 * @param everything whether `$iothub/#` is granted too.
 * @returns undefined: this identity may not subscribe to it.
 */
export function parseFilter(filter: string, identity: Identity, everything = false): Filter | undefined {
  // Shipped clients spell it so.
  const levels = filter.split('/').map((level) => (level === 'deviceBound' ? 'devicebound' : level))
  if (!(levels[0] === '$iothub' ? everything || !isEverything(levels) : isOwn(levels, identity)))
    return undefined
  const subjects = SUBJECTS.filter((subject) => overlaps(levels, patternOf(subject, identity)))
  return { levels, subjects: identity.moduleId === undefined ? subjects.filter(notInputs) : subjects }
}

/** Whether a filter matches messages of a subject. @param name see {@link patternOf}. */
export function matches(
  { levels, subjects }: Filter,
  subject: Subject,
  identity: Identity,
  name?: string,
): boolean {
  return subjects.includes(subject) && overlaps(levels, patternOf(subject, identity, name))
}

/** Whether a filter follows the rules of MQTT (MQTT-4.7.1-2, MQTT-4.7.1-3, MQTT-4.7.3-1). */
export function isValidFilter(filter: string): boolean {
  if (filter === '' || filter.includes('\u0000')) return false
  const levels = filter.split('/')
  return levels.every(
    (level, at) =>
      level === '+' ||
      (level === '#' && at === levels.length - 1) ||
      !(level.includes('+') || level.includes('#')),
  )
}

/** Devices have no inputs. */
function notInputs(subject: Subject): boolean {
  return subject !== 'inputs'
}

/** `$iothub/#`, or the same in other words. */
function isEverything(levels: readonly string[]): boolean {
  return levels.at(-1) === '#' && levels.slice(1, -1).every((level) => level === '+')
}

/** Below the identity's root; a `+` for an id means the one that subscribes (WIRE-C2D-02). */
function isOwn(levels: readonly string[], identity: Identity): boolean {
  const root = ownRoot(identity).split('/')
  const below = root.every((level, at) => levels[at] === level || (at % 2 === 1 && levels[at] === '+'))
  return below && levels.length > root.length
}

function overlaps(levels: readonly string[], pattern: Pattern): boolean {
  for (const [at, wanted] of pattern.entries()) {
    const level = levels[at]
    if (level === '#') return true
    if (level === undefined || (level !== '+' && wanted !== ANY && level !== wanted)) return false
  }
  // `a/#` matches `a` too.
  return levels.length === pattern.length || (levels.length === pattern.length + 1 && levels.at(-1) === '#')
}
