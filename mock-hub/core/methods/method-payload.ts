import type { Json } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'
import type { MethodCall } from '../contract/methods.ts'

/** What the device receives: text as it is, other values as JSON; undefined: an empty body. */
export function textOf(payload: MethodCall['payload']): string | undefined {
  return payload === undefined || typeof payload === 'string' ? payload : JSON.stringify(payload)
}

/** The size of a payload in bytes. */
export function sizeOf(payload: MethodCall['payload']): number {
  return Buffer.byteLength(textOf(payload) ?? '')
}

/** The value of a response: null when it is empty, its text when it is not JSON. */
export function valueOf(body: Buffer): Json {
  if (body.length === 0) return null
  const text = body.toString()
  try {
    return readJson(text)
  } catch {
    return text
  }
}
