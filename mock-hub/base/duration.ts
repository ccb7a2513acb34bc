/** Durations as text: `90s`, `1h`, `1h30m`, `-5m`, `250ms`. */

import { InvalidInput } from './invalid-input.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
])
const PART = /(\d+(?:\.\d+)?)(ms|[dhms])/g
const WHOLE = /^-?(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/

/**
 * Parses a duration.
 * @param text numbers with the units d, h, m, s, ms, each at most once; a leading `-` makes it negative.
 * @returns milliseconds, a whole number.
 * @throws InvalidInput that names the rule and what was given.
 */
export function parseDuration(text: string, field = 'duration'): number {
  const compact = text.trim().toLowerCase()
  if (!WHOLE.test(compact)) throw wrong(field, text)
  let ms = 0
  const seen = new Set<string>()
  for (const [, amount, unit = ''] of compact.matchAll(PART)) {
    if (seen.has(unit)) throw wrong(field, text)
    seen.add(unit)
    ms += Number(amount) * (UNITS.get(unit) ?? 0)
  }
  ms = Math.round(ms)
  if (!Number.isSafeInteger(ms)) throw wrong(field, text)
  return compact.startsWith('-') ? -ms : ms
}

/**
 * A duration as people say it, in its two largest units: `1h30m`, `90d`, `2m`, `0.3s`.
 * @param ms at least 0.
 */
export function durationText(ms: number): string {
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10)}s`
  const seconds = Math.round(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${String(amount)}${unit}`)
    .join('')
}

function wrong(field: string, text: string): InvalidInput {
  return new InvalidInput(
    'time',
    field,
    'to be numbers with the units d, h, m, s or ms, such as 1h30m or 90s',
    text,
  )
}
