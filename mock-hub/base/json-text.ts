/** JSON from outside, with a limit on its nesting. */

import type { Json } from './json.ts'

/** JSON.stringify runs out of stack at some thousand levels; no twin or payload needs this many. */
export const DEEPEST_JSON = 256

/**
 * @throws SyntaxError when the text is not JSON.
 * @throws RangeError when it nests deeper than {@link DEEPEST_JSON}.
 */
export function readJson(text: string): Json {
  checkNesting(text)
  return JSON.parse(text) as Json // JSON by definition
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
