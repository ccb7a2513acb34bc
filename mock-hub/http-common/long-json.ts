/**
 * A JSON object that may be longer than a text can be: it is read as it arrives, its members one after another, and their
 * lists one element after another.
 */

import { DEEPEST_JSON } from '../base/json-text.ts'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
/** A member that is not a list, or an element of a list. */
const LONGEST_PIECE = 64 * 2 ** 20

/** What is wrong with the text. */
export class LongJsonError extends Error {
  readonly problem: 'too deep' | 'too long' | 'malformed'

  constructor(problem: LongJsonError['problem']) {
    super(problem)
    this.problem = problem
  }
}

export class LongJson {
  readonly #parse: (text: string) => unknown
  readonly #members = new Map<string, unknown>()
  /** The member whose list is being read. */
  #list: { readonly key: string; readonly elements: unknown[] } | undefined
  /** A list has ended: nothing may stand before the next comma. */
  #listEnded = false
  #over = false
  /** What has come of the member or element that is being read. */
  #piece = ''
  #depth = 0
  #inString = false
  #isEscaped = false

  /** @param parse reads JSON that is as long as a member or an element, or throws. */
  constructor(parse: (text: string) => unknown) {
    this.#parse = parse
  }

  /** @throws LongJsonError; what `parse` throws. */
  add(chunk: string): void {
    /** Where the piece begins in the chunk. */
    let from = 0
    const cut = (at: number): string => {
      const piece = this.#piece + chunk.slice(from, at)
      this.#piece = ''
      from = at + 1
      return piece
    }
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at)
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false
        else if (code === BACKSLASH) this.#isEscaped = true
        else if (code === QUOTE) this.#inString = false
      } else if (code === QUOTE) this.#inString = true
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (++this.#depth > DEEPEST_JSON) throw new LongJsonError('too deep')
        if (this.#depth === 1) this.#begin(code, cut(at))
        else if (this.#depth === 2 && code === OPEN_BRACKET) this.#beginList(cut(at))
      } else if (code === COMMA) {
        if (this.#depth === this.#innermost) this.#take(cut(at), false)
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        if (this.#depth === this.#innermost) this.#end(code, cut(at))
        this.#depth--
      }
    }
    this.#piece += chunk.slice(from)
    if (this.#piece.length > LONGEST_PIECE) throw new LongJsonError('too long')
  }

  /** The text is over. @throws LongJsonError when it is not the whole of an object. */
  end(): Readonly<Record<string, unknown>> {
    if (!this.#over || this.#piece.trim() !== '') throw new LongJsonError('malformed')
    return Object.fromEntries(this.#members)
  }

  /** Depth of what is read piece by piece. */
  get #innermost(): number {
    return this.#list === undefined ? 1 : 2
  }

  #begin(code: number, before: string): void {
    if (code !== OPEN_BRACE || this.#over || before.trim() !== '') throw new LongJsonError('malformed')
  }

  /** @param name of the member, with its colon. */
  #beginList(name: string): void {
    const [key] = Object.keys(this.#parse(`{${name}[]}`) as object)
    if (key === undefined || this.#listEnded) throw new LongJsonError('malformed')
    this.#list = { key, elements: [] }
  }

  #end(code: number, piece: string): void {
    if (code !== (this.#list === undefined ? CLOSE_BRACE : CLOSE_BRACKET))
      throw new LongJsonError('malformed')
    this.#take(piece, true)
    if (this.#list === undefined) this.#over = true
    else {
      this.#members.set(this.#list.key, this.#list.elements)
      this.#list = undefined
      this.#listEnded = true
    }
  }

  /** @param isLast no other follows. */
  #take(piece: string, isLast: boolean): void {
    const isBlank = piece.trim() === ''
    const count = this.#list === undefined ? this.#members.size : this.#list.elements.length
    const mayBeBlank = this.#list === undefined && this.#listEnded
    if (mayBeBlank ? !isBlank : isBlank && !(isLast && count === 0)) throw new LongJsonError('malformed')
    this.#listEnded = this.#listEnded && this.#list !== undefined
    if (isBlank) return
    if (this.#list !== undefined) this.#list.elements.push(this.#parse(piece))
    else
      for (const [key, value] of Object.entries(this.#parse(`{${piece}}`) as object))
        this.#members.set(key, value)
  }
}
