/** Request bodies as JSON. */

import type { FastifyInstance } from 'fastify'
import { rememberFloats } from '../base/json-floats.ts'
import { checkNesting, DEEPEST_JSON } from '../base/json-text.ts'

/** What a body has to be. */
export const NESTING_RULE = `JSON of at most ${String(DEEPEST_JSON)} levels`

/**
 * Reads every body as JSON, whatever its content type: `curl -d` labels JSON as a form, and SDKs send it without a label. An
 * empty body is undefined.
 * @param tooDeep makes the error for a body that breaks {@link NESTING_RULE}.
 */
export function readJsonBodies(app: FastifyInstance, tooDeep: () => Error): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'ignore')
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, text: string, done) => {
    if (text === '') {
      done(null, undefined)
      return
    }
    try {
      checkNesting(text)
    } catch {
      done(tooDeep())
      return
    }
    void parse(request, text, (error, body) => {
      done(error, error === null ? rememberFloats(text, body) : body)
    })
  })
}
