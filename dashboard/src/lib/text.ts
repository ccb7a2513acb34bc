/** How values look: times, numbers, bodies. */

import type { Bytes, Json } from './types.ts'

/** `13:01:55.120` of an ISO time. */
export function clockText(iso: string): string {
  return iso.slice(11, 23).replace(/Z.*$/, '')
}

/** `2026-11-30 13:01:55` of an ISO time. */
export function dateText(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

/** `1.2k` of 1234. */
export function shortNumber(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)}k`
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1)
}

/** `1 device`, `10,000 devices`. @param many default: with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** Quotes a path within `JAVA_TOOL_OPTIONS` where that is needed: the JVM takes both quotes, and knows no escape. */
export function quotedForJvm(path: string): string {
  if (!/[\s'"]/.test(path)) return path
  return path.includes('"') ? `'${path}'` : `"${path}"`
}

/** As a shell takes it for one word: ids and paths come from elsewhere. */
export function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** `1 h 5 min` of 3900. */
export function spanText(seconds: number): string {
  const whole = Math.round(Math.abs(seconds))
  if (whole < 1) return Math.abs(seconds) < 0.05 ? '0 s' : `${Math.abs(seconds).toFixed(1)} s`
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ]
  let left = whole
  const words: string[] = []
  for (const [name, length] of units) {
    const count = Math.floor(left / length)
    left -= count * length
    if (count > 0) words.push(`${String(count)} ${name}`)
    if (words.length === 2) break
  }
  return words.join(' ')
}

/** `3 min ago` of an ISO time. @param nowMs of the same clock. */
export function agoText(iso: string | null, nowMs: number | undefined): string {
  if (iso === null) return 'never'
  if (nowMs === undefined) return dateText(iso)
  const seconds = (nowMs - Date.parse(iso)) / 1000
  return seconds < 2 ? 'just now' : `${spanText(seconds).split(' ').slice(0, 2).join(' ')} ago`
}

/** Bytes of a body. */
export function bytesOf(body: Bytes): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body)
  return Uint8Array.from(atob(body.base64), (letter) => letter.charCodeAt(0))
}

export type View = 'json' | 'text' | 'hex'

/** Views that a body has: JSON only when it is JSON, text only when it is text. */
export function viewsOf(body: Bytes): readonly View[] {
  if (typeof body !== 'string') return ['hex']
  return jsonOf(body) === undefined ? ['text', 'hex'] : ['json', 'text', 'hex']
}

/** The JSON value of a text; undefined when it is none. */
export function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** A body as a view shows it. */
export function shown(body: Bytes, view: View): string {
  if (view === 'hex') return hexDump(bytesOf(body))
  if (typeof body !== 'string') return ''
  return view === 'json' ? JSON.stringify(jsonOf(body), undefined, 2) : body
}

const HEX_LINES = 512

/** `0000  7b 22 …  {"…` in lines of 16. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length && lines.length < HEX_LINES; at += 16) {
    const part = [...bytes.subarray(at, at + 16)]
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  if (bytes.length > HEX_LINES * 16) lines.push(`… ${String(bytes.length - HEX_LINES * 16)} more bytes`)
  return lines.join('\n')
}

/** A value as compact JSON, cut where a line ends. */
export function brief(value: unknown, length = 160): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > length ? `${text.slice(0, length)}…` : text
}

/** A value of the API as a word: text as it is, anything else as JSON. */
export function wordOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
