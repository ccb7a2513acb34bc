/** How the text of a flag becomes a value. */

import { InvalidArgumentError } from 'commander'
import { isValidId } from '../core/contract/identity.ts'
import { EVENT_SOURCES, type EventSource } from '../core/contract/message.ts'
import { ID, type Rule } from '../host/value-rules.ts'
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

/** @throws UsageError when it is not a valid ID. */
export function checkedId(flag: string, id: string): string {
  if (isValidId(id)) return id
  throw new UsageError(`${flag}: expected it ${ID.text}; given: "${id}"`)
}
