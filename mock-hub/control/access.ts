/**
 * Who may call the control API. With a token, every call except `GET /health` and the files of the dashboard must carry it.
 * Without a token the API is for this machine only, and a web page that is open in a browser here must not reach the hub:
 * `Host` and `Origin` must be loopback names. A call that may change something must also come from the dashboard itself or
 * from no page at all: the origin of another port of this machine is another page.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { wantsPage } from './page.ts'
import { foreignRequestProblem } from '../http-common/local-requests.ts'
import { ControlError } from './errors.ts'

/** Installs the check. @param token undefined: only callers on this machine are accepted. */
export function guard(app: FastifyInstance, token: string | undefined): void {
  app.addHook('onRequest', (request, reply, next) => {
    checkOrigin(request)
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

/** The files of the dashboard hold no data, and a browser sends no token with them. */
function isOpen({ method, url, headers: { accept } }: FastifyRequest): boolean {
  const [path = ''] = url.split('?', 1)
  if (method !== 'GET') return false
  return path === '/health' || path.startsWith('/assets/') || (path === '/' && wantsPage(accept))
}

function hasToken({ headers }: FastifyRequest, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  // Digests have the same length, so the duration of the comparison reveals nothing.
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Browsers send `Origin` with every call that may change something. */
function checkOrigin({ method, headers: { origin, host = '' } }: FastifyRequest): void {
  if (method === 'GET' || origin === undefined) return
  if (URL.canParse(origin) && new URL(origin).host === host.toLowerCase()) return
  throw new ControlError(
    403,
    'Forbidden',
    `expected the header Origin to be absent or to name this listener, http://${host}; given: ${origin}`,
  )
}

function checkLocal({ headers }: FastifyRequest): void {
  const problem = foreignRequestProblem(headers)
  if (problem !== undefined) throw new ControlError(403, 'Forbidden', problem)
}
