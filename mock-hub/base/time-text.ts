/** Times in the formats that the hub writes and reads. */

/** Ticks of .NET (100 ns since year 1) at the Unix epoch. */
const EPOCH_TICKS = 621_355_968_000_000_000n

/** `2020-01-01T00:00:00.0000000Z`: ISO 8601 with seven fraction digits (WIRE-C2D-07). */
export function utcText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}0000Z`
}

/** `2020-01-01T00:00:00.12Z`: the same without zeros at the end of the fraction, as the registry writes times. */
export function shortUtcText(ms: number): string {
  return utcText(ms).replace(/\.?0*Z$/, 'Z')
}

/** `2020-01-01T00:00:00+00:00`: whole seconds with an offset, as notifications of uploads write the time of the blob. */
export function offsetText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+00:00`
}

/** `202001010000`: to the minute, the beginning of the correlation id of an upload. */
export function minuteText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace(/\D/g, '')
}

/** `08/24/2018 17:49:33`, as in tracking IDs (docs/contract/errors.md). */
export function trackingTime(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`
}

/** The time of what has never happened, in the answer to a creation; other answers append a `Z`. */
export const NEVER = '0001-01-01T00:00:00'

/** UTC .NET ticks, the base of generation IDs (docs/contract/registry.md). */
export function ticksOf(ms: number): bigint {
  return EPOCH_TICKS + BigInt(Math.floor(ms)) * 10_000n
}

/** Epoch ms of a generation id. */
export function msOfTicks(ticks: string): number {
  return Number((BigInt(ticks) - EPOCH_TICKS) / 10_000n)
}

/** Epoch ms of an ISO 8601 time, whatever its number of fraction digits; undefined: it is none. */
export function parseUtc(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i.test(text)) return undefined
  // Without a zone the service means UTC.
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`
  const ms = Date.parse(zoned.replace(/(\.\d{3})\d+/, '$1'))
  return Number.isNaN(ms) ? undefined : ms
}

/** `00:00:05`, a time span in error bodies (docs/contract/errors.md). */
export function timeSpan(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`
}
