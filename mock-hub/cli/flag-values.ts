/** How the text of a flag becomes a value. */

import { InvalidArgumentError } from 'commander'
import { didYouMean } from '../base/nearest.ts'
import { isValidId, type Identity } from '../core/contract/identity.ts'
import { EVENT_SOURCES, type EventSource } from '../core/contract/message.ts'
import { SETTING_RULES } from '../host/setting-rules.ts'
import { ID, type Rule } from '../host/value-rules.ts'
import { fileText } from './file-text.ts'
import { UsageError } from './usage-error.ts'

/** A parser for numbers that obey a rule. It throws InvalidArgumentError, to which commander adds the flag. */
export function number(rule: Rule): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : undefined
    if (value !== undefined && rule.problem(value, '') === undefined) return value
    throw new InvalidArgumentError(`Expected it ${rule.text}.`)
  }
}

/** A repeated flag, or one text with commas or blanks, as in an environment variable. */
export function list(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(/[\s,]+/).filter((part) => part !== '')]
}

/**
 * `name=value` of a setting, several of them separated by blanks, as in an environment variable.
 * @throws InvalidArgumentError that names the setting, the rule and the given value.
 */
export function settings(
  text: string,
  before: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const given = text
    .split(/\s+/)
    .filter((part) => part !== '')
    .map(setting)
  return { ...before, ...Object.fromEntries(given) }
}

function setting(text: string): readonly [string, unknown] {
  const [, name = '', given] = /^([^=]*)=(.*)$/.exec(text) ?? []
  if (given === undefined) throw new InvalidArgumentError('Expected it to be NAME=VALUE.')
  const rule = new Map(Object.entries(SETTING_RULES)).get(name)
  if (rule === undefined)
    throw new InvalidArgumentError(
      `There is no setting "${name}"${didYouMean(name, Object.keys(SETTING_RULES))}; docs/settings.md lists all.`,
    )
  const value = valueOf(name, given)
  const problem = rule.problem(value, name)
  if (problem === undefined) return [name, value]
  throw new InvalidArgumentError(`Expected ${problem.field} ${problem.rule}; given: "${given}".`)
}

/** Numbers, true and false as such; a list of event sources has commas; anything else stays text. */
function valueOf(name: string, text: string): unknown {
  if (name === 'eventSources') return list(text, [])
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** By the names on the command line. */
const SOURCES: ReadonlyMap<string, readonly EventSource[]> = new Map<string, readonly EventSource[]>([
  ['twin', ['twinChangeEvents']],
  ['lifecycle', ['deviceLifecycleEvents']],
  ['connection', ['deviceConnectionStateEvents']],
  ['digital-twin', ['digitalTwinChangeEvents']],
  ['all', EVENT_SOURCES],
])

/** Names with commas or blanks between them as event sources. It throws InvalidArgumentError for an unknown name. */
export function eventSources(text: string): readonly EventSource[] {
  const sources = list(text, []).flatMap((name) => {
    const named = SOURCES.get(name)
    if (named !== undefined) return named
    throw new InvalidArgumentError(`Expected it to be of ${[...SOURCES.keys()].join(', ')}.`)
  })
  return [...new Set(sources)]
}

/** `DEVICE` or `DEVICE/MODULE`. @throws UsageError when it is neither. */
export function identityOfName(what: string, name: string): Identity {
  const [deviceId = '', moduleId, ...more] = name.split('/')
  if (more.length > 0) throw new UsageError(`${what}: expected DEVICE or DEVICE/MODULE; given: "${name}"`)
  return {
    deviceId: checkedId(what, deviceId),
    ...(moduleId === undefined ? {} : { moduleId: checkedId(what, moduleId) }),
  }
}

/**
 * A secret on the command line, or `@FILE`: the file that holds it.
 * @throws UsageError when the file cannot be read.
 */
export function secret(flag: string): (text: string) => string {
  return (text) => (text.startsWith('@') ? fileText(flag, text.slice(1)).trim() : text)
}

/** @throws UsageError when it is not a valid ID. */
export function checkedId(flag: string, id: string): string {
  if (isValidId(id)) return id
  throw new UsageError(`${flag}: expected it ${ID.text}; given: "${id}"`)
}
