/** YAML from outside as plain data: no deeper and no longer than a seed needs, and without values that JSON does not have. */

import { InvalidInput } from '../../base/invalid-input.ts'
import { DEEPEST_JSON } from '../../base/json-text.ts'

/** Longest text in characters: some hundred thousand devices. */
export const LONGEST_SEED = 64 * 2 ** 20

/** What stands on the parser's stack beside the collections: the document, and a pair. */
const BESIDE = 2

/**
 * @param where what errors call the text.
 * @returns the value; undefined for a text without one.
 * @throws InvalidInput for a text that is too long or too deep, that contains itself, or that has values which JSON does
 *   not have; RangeError when it is not YAML.
 */
export async function readYaml(text: string, where: string): Promise<unknown> {
  if (text.length > LONGEST_SEED)
    throw new InvalidInput(
      where,
      'the text',
      `to have at most ${String(LONGEST_SEED)} characters`,
      text.length,
    )
  // Loaded on demand: a hub without a seed file starts sooner.
  const { Composer, Lexer, Parser } = await import('yaml')
  const parser = new Parser()
  const composer = new Composer({ logLevel: 'error' })
  const documents = []
  try {
    for (const lexeme of new Lexer().lex(text)) {
      for (const token of parser.next(lexeme)) documents.push(...composer.next(token))
      // Before the composer, which calls itself for each level, sees them.
      if (parser.stack.length > DEEPEST_JSON + BESIDE) throw tooDeep(where)
    }
    for (const token of parser.end()) documents.push(...composer.next(token))
    documents.push(...composer.end())
  } catch (error) {
    if (error instanceof InvalidInput) throw error
    throw noYaml(where, error)
  }
  const [document, more] = documents
  if (document === undefined) return undefined
  if (more !== undefined) throw new InvalidInput(where, 'the text', 'to be one YAML document', 'several')
  const [problem] = document.errors
  if (problem !== undefined) throw noYaml(where, problem)
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    throw noYaml(where, error)
  }
  checkPlain(value, 'seed', where, new Set())
  return value
}

/** @param above the objects and arrays that contain the value. */
function checkPlain(value: unknown, field: string, where: string, above: Set<object>): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new InvalidInput(where, field, 'to be a number that JSON has', value)
  if (typeof value !== 'object' || value === null) return
  if (above.has(value))
    throw new InvalidInput(where, field, 'not to contain itself', 'an alias of what it stands in')
  if (above.size > DEEPEST_JSON) throw tooDeep(where)
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (!isPlain)
    throw new InvalidInput(
      where,
      field,
      'to be text, a number, true, false, null, a list or a mapping',
      value,
    )
  above.add(value)
  for (const [key, inner] of Object.entries(value))
    checkPlain(
      inner,
      Array.isArray(value) ? `${field}[${key}]` : `${field}.${key.slice(0, 80)}`,
      where,
      above,
    )
  above.delete(value)
}

function tooDeep(where: string): InvalidInput {
  return new InvalidInput(where, 'the text', `to nest at most ${String(DEEPEST_JSON)} levels`, 'more levels')
}

function noYaml(where: string, error: unknown): RangeError {
  return new RangeError(`${where}: cannot be read as YAML: ${error instanceof Error ? error.message : ''}`, {
    cause: error,
  })
}
