/**
 * Who may call the control API. With a token, every call except `GET /health` must carry it. Without a token the API is
 * for this machine only, and a web page that is open in a browser here must not reach the hub: `Host` and `Origin` must
 * be loopback names.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { strangerProblem } from '../http-common/strangers.ts'
import { ControlError } from './errors.ts'

/** Installs the check. @param token undefined: only callers on this machine are accepted. */
export function guard(app: FastifyInstance, token: string | undefined): void {
  app.addHook('onRequest', (request, reply, next) => {
    if (token === undefined) {
      checkLocal(request)
      next()
      return
    }
    if (isOpen(request) || hasToken(request, token)) next()
    else {
      void reply.header('www-authenticate', 'Bearer')
      throw new ControlError(401, 'Unauthorized', 'expected the header Authorization: Bearer {control token}')
    }
  })
}

/** Whether the caller may see everything: there is no token, or the request carries it. */
export function isTrusted(request: FastifyRequest, token: string | undefined): boolean {
  return token === undefined || hasToken(request, token)
}

function isOpen({ method, url }: FastifyRequest): boolean {
  return method === 'GET' && url.split('?', 1)[0] === '/health'
}

function hasToken({ headers }: FastifyRequest, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  // Digests have the same length, so the duration of the comparison reveals nothing.
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function checkLocal({ headers }: FastifyRequest): void {
  const problem = strangerProblem(headers)
  if (problem !== undefined) throw new ControlError(403, 'Forbidden', problem)
}
