/** The texts that steps of the hub side name in braces. */

import { valueAt } from './expectations.ts'
import { jsonOf } from './https-client.ts'
import type { RawResponse } from './https-client.ts'

/** What the texts are taken from. */
export interface TextSource {
  readonly hub: { readonly hostName: string; now(): number }
  readonly lastResponse: RawResponse | undefined
  /** The last packet. */
  readonly packet: { readonly topic?: string | undefined } | undefined
  /** What steps have named. */
  readonly named: ReadonlyMap<string, string>
  seconds(): number
  identity(name: string): { readonly primaryKey: string }
  ids(name: string): { readonly deviceId: string }
}

/**
 * The text of a name: `thermostat` (an id), `host`, `now`, `now+3600` (epoch seconds), `utc-1` (ISO 8601),
 * `answer.path`, `answer.text` (all of it) and `header.name` (of the last response), `packet.topic` (of the last packet), `rid` (in its topic),
 * `x*1000` (a repeated letter), `thermostat.key`, and what steps have named.
 * @returns undefined: the name says nothing.
 */
export function textNamed(scenario: TextSource, of: string): string | undefined {
  const { hub, lastResponse, packet } = scenario
  const named = scenario.named.get(of)
  if (named !== undefined) return named
  if (of === 'host') return hub.hostName
  if (of === 'HOST') return hub.hostName.toUpperCase()
  const later = /^now([+-]\d+)?$/.exec(of)
  if (later !== null) return String(scenario.seconds() + Number(later[1] ?? 0))
  const utc = /^utc([+-]\d+)?$/.exec(of)
  if (utc !== null) return new Date(hub.now() + Number(utc[1] ?? 0) * 1_000).toISOString()
  if (of.endsWith('|encoded')) {
    const value = textNamed(scenario, of.slice(0, -'|encoded'.length))
    return value === undefined ? undefined : encodeURIComponent(value)
  }
  const repeated = /^(\p{L})\*(\d+)$/u.exec(of)
  if (repeated !== null) return (repeated[1] ?? '').repeat(Number(repeated[2]))
  if (of === 'answer.text') return lastResponse?.body.toString()
  if (of.startsWith('answer.'))
    return asText(valueAt(jsonOf(lastResponse?.body ?? ''), of.slice('answer.'.length)))
  if (of.startsWith('header.')) return asText(lastResponse?.headers[of.slice('header.'.length)])
  if (of === 'rid') return /\?\$rid=([^&]+)/.exec(packet?.topic ?? '')?.[1]
  if (of.startsWith('packet.')) return asText(valueAt(packet, of.slice('packet.'.length)))
  if (of.endsWith('.key')) return scenario.identity(of.slice(0, -'.key'.length)).primaryKey
  return /^[a-z][a-z.:@-]*$/.test(of) ? scenario.ids(of).deviceId : undefined
}

function asText(value: unknown): string | undefined {
  return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
}
