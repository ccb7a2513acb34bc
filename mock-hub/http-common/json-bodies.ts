/** Request bodies as JSON. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rememberFloats } from '../base/json-floats.ts'
import { checkNesting, DEEPEST_JSON } from '../base/json-text.ts'
import { LongJson } from './long-json.ts'

/** What a body has to be. */
export const NESTING_RULE = `JSON of at most ${String(DEEPEST_JSON)} levels`

/**
 * Reads every body as JSON, whatever its content type: `curl -d` labels JSON as a form, and SDKs send it without a label. An
 * empty body is undefined.
 * @param tooDeep makes the error for a body that breaks {@link NESTING_RULE}.
 */
export function readJsonBodies(app: FastifyInstance, tooDeep: () => Error): void {
  app.removeAllContentTypeParsers()
  const parse = parserOf(app)
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
    try {
      done(null, parse(request, text))
    } catch (error) {
      done(error as Error)
    }
  })
}

/**
 * Reads every body as a JSON object of any length, as it arrives ({@link LongJson}). Its routes need a scope of their own.
 * @param refused makes the error that is answered of the one that was met.
 */
export function readLongJsonBodies(app: FastifyInstance, refused: (error: unknown) => unknown): void {
  app.removeAllContentTypeParsers()
  const parse = parserOf(app)
  app.addContentTypeParser('*', async (request: FastifyRequest, body: NodeJS.ReadableStream) => {
    try {
      const reader = new LongJson((text) => parse(request, text))
      body.setEncoding('utf8')
      for await (const chunk of body) reader.add(String(chunk))
      return reader.end()
    } catch (error) {
      throw refused(error)
    }
  })
}

/** Fastify's parser, which refuses keys that would change a prototype. */
function parserOf(app: FastifyInstance): (request: FastifyRequest, text: string) => unknown {
  const parse = app.getDefaultJsonParser('error', 'ignore')
  return (request, text) => {
    const read: { failure?: Error | null; value?: unknown } = {}
    void parse(request, text, (failure: Error | null, value: unknown) => {
      Object.assign(read, { failure, value })
    })
    if (read.failure) throw read.failure
    return rememberFloats(text, read.value)
  }
}
