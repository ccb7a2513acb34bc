import type { Json } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'

/** The value of a response: null when it is empty, its text when it is no JSON. */
export function valueOf(body: Buffer): Json {
  if (body.length === 0) return null
  const text = body.toString()
  try {
    return readJson(text)
  } catch {
    return text
  }
}
