/** Times in the spellings of the service. */

/** `2018-08-24T17:49:33.2010000Z`: round-trip ISO 8601 with seven fraction digits (WIRE-C2D-07). */
export function utcText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}0000Z`
}

/** `08/24/2018 17:49:33`, as it stands in tracking ids (wire contract 7.5). */
export function trackingTime(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`
}

/** What registry answers say where there is no time (wire contract 7.2); twins say it with a `Z`. */
export const NEVER = '0001-01-01T00:00:00'
