/** The hub's data as JSON: bytes as readable text, secrets removed. */

import type { Json } from '../base/json.ts'
import { withoutSecrets as textWithoutSecrets } from '../base/secrets.ts'

const SECRET_KEYS: ReadonlySet<string> = new Set([
  'authorization',
  'password',
  'primarykey',
  'privatekey',
  'sastoken',
  'secondarykey',
  'sharedaccesskey',
  'sharedaccesssignature',
])
const HIDDEN = '***'
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as text when they are UTF-8, otherwise `{ base64 }`. */
export function bytesOf(bytes: Uint8Array): Json {
  try {
    return utf8.decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') }
  }
}

/** A value of the journal: bytes as in {@link bytesOf}; keys, passwords and signatures become `***`. */
export function withoutSecrets(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return textWithoutSecrets(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (value instanceof Uint8Array) {
    const shown = bytesOf(value)
    return typeof shown === 'string' ? textWithoutSecrets(shown) : shown
  }
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object') return null
  // What is decoded when it is read, such as a PUBLISH, says itself what it holds.
  if (isDecodedWhenRead(value)) return withoutSecrets(value.toJSON())
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, isSecret(key, inner) ? HIDDEN : withoutSecrets(inner)]),
  )
}

function isDecodedWhenRead(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}

function isSecret(key: string, value: unknown): boolean {
  return value !== null && SECRET_KEYS.has(key.toLowerCase())
}
