/**
 * Reads request bodies. The route decides how, not the content type: clients send JSON under other names, and messages with any
 * content type.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import { HubError } from '../../core/errors/hub-error.ts'
import { rememberFloats } from '../../base/json-floats.ts'
import { checkNesting, DEEPEST_JSON } from '../../base/json-text.ts'
import { normalised } from './lenient-values.ts'
import { unreadable } from './validation.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Installs the only body parser: bytes for `config.body: 'raw'`, JSON for all other routes. */
export function readBodies(app: FastifyInstance<Server>): void {
  const parseJson = app.getDefaultJsonParser('error', 'ignore')
  const read = (
    request: FastifyRequest,
    bytes: Buffer,
    done: (error: Error | null, body?: unknown) => void,
  ) => {
    if (request.routeOptions.config.body === 'raw') {
      done(null, bytes)
      return
    }
    if (bytes.length === 0) {
      done(null, undefined)
      return
    }
    let text: string
    try {
      text = utf8.decode(bytes)
      checkNesting(text)
    } catch (error) {
      done(error instanceof RangeError ? tooDeep(error.message) : badJson('bytes that are not UTF-8'))
      return
    }
    request.bodyText = text
    // The default parser also rejects keys named __proto__.
    void parseJson(request, text, (error, body) => {
      done(
        error === null ? null : badJson(`${String(bytes.length)} bytes: ${error.message.slice(0, 80)}`),
        error === null ? rememberFloats(text, body) : body,
      )
    })
  }
  app.addHook('onRequest', (request, _reply, next) => {
    // Fastify refuses a body whose content type is empty or cannot be read; here such a type is none.
    if (!/^[^\s/;]+\/[^\s/;]+/.test(request.headers['content-type'] ?? ''))
      delete request.raw.headers['content-type']
    next()
  })
  app.addHook('preValidation', (request, _reply, next) => {
    const schema = request.routeOptions.schema?.body
    // A schema of a route is an object.
    if (schema !== undefined) request.body = normalised(request.body, schema as object)
    next()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, read)
}

/**
 * The registry fails on a body without a content type (WIRE-REG-41); other routes read it.
 * @throws HubError ServerError.
 */
export function checkContentType(request: FastifyRequest): void {
  if (request.bodyText === undefined || request.headers['content-type'] !== undefined) return
  throw new HubError({
    kind: 'ServerError',
    message: 'InternalServerError',
    rule: 'WIRE-REG-41',
    expected: 'a body with Content-Type: application/json',
    received: 'a body without Content-Type',
  })
}

function badJson(received: string): HubError {
  return unreadable('IotHubFormatError', 'a JSON document in UTF-8', received)
}

function tooDeep(received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-ERR-09',
    expected: `a JSON document of at most ${String(DEEPEST_JSON)} levels`,
    received,
  })
}
