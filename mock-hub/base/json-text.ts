/** JSON from outside, with a limit on its nesting. */

import type { Json } from './json.ts'
import { rememberFloats } from './json-floats.ts'
import { tokensOf } from './json-tokens.ts'

/** JSON.stringify runs out of stack at some thousand levels; no twin or payload needs this many. */
export const DEEPEST_JSON = 256

/**
 * @throws SyntaxError when the text is not JSON.
 * @throws RangeError when it nests deeper than {@link DEEPEST_JSON}.
 */
export function readJson(text: string): Json {
  checkNesting(text)
  return rememberFloats(text, JSON.parse(text) as Json) // JSON by definition
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws as {@link readJson}; TypeError when the bytes are not UTF-8. */
export function readJsonBytes(bytes: Uint8Array): Json {
  return readJson(utf8.decode(bytes))
}

/** @throws RangeError when the text nests deeper than {@link DEEPEST_JSON}. */
export function checkNesting(text: string): void {
  if (nestsDeeper(text, DEEPEST_JSON))
    throw new RangeError(`arrays and objects nested more than ${String(DEEPEST_JSON)} deep`)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Counts brackets outside strings; malformed JSON is left to the parser. */
function nestsDeeper(text: string, limit: number): boolean {
  // Each level takes two brackets.
  if (text.length <= 2 * limit) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) inString = !inString
    else if (inString) {
      if (code === BACKSLASH) index++
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

/** The text without blanks between its tokens; numbers, escapes and the order of keys stay as they are. @param json valid JSON. */
export function compactJson(json: string): string {
  return tokensOf(json).join('')
}

/**
 * The text of a member of the root object, without blanks between its tokens. `JSON.parse` would change numbers such as
 * `1.0` and `12345678901234567890`, and the order of keys that look like numbers.
 * @param json valid JSON.
 * @returns undefined: there is no such member. Of duplicates the last counts, as in JSON.parse.
 */
export function memberText(json: string, name: string): string | undefined {
  const tokens = tokensOf(json)
  let found: string[] | undefined
  let depth = 0
  let inside = false
  for (const [index, token] of tokens.entries()) {
    if (token === '}' || token === ']') depth--
    if (depth === 1 && tokens[index + 1] === ':') {
      inside = JSON.parse(token) === name
      if (inside) found = []
    } else if (inside && depth > 0 && !(depth === 1 && (token === ':' || token === ','))) found?.push(token)
    if (token === '{' || token === '[') depth++
  }
  return found?.join('')
}
