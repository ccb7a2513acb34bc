/**
 * Who may call. With a token every call but `GET /health` shows it. Without one the listener is for this machine only,
 * and a web page open in a browser on it must not reach the hub: `Host` and `Origin` have to be of the loopback.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopback } from '../http-common/loopback.ts'
import { ControlError } from './errors.ts'

/** Installs the check. */
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

/** Whether the caller may see everything: no token is asked for, or he has shown it. */
export function isTrusted(request: FastifyRequest, token: string | undefined): boolean {
  return token === undefined || hasToken(request, token)
}

function isOpen({ method, url }: FastifyRequest): boolean {
  return method === 'GET' && url.split('?', 1)[0] === '/health'
}

function hasToken({ headers }: FastifyRequest, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  // Digests have one length, so that the time of the comparison tells nothing.
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function checkLocal({ headers }: FastifyRequest): void {
  const { host = '', origin } = headers
  if (!isLoopback(hostOf(`http://${host}`)))
    throw new ControlError(
      403,
      'Forbidden',
      `expected a Host of this machine, such as localhost; given: ${host}`,
    )
  if (origin !== undefined && !isLoopback(hostOf(origin)))
    throw new ControlError(403, 'Forbidden', `expected no Origin but one of this machine; given: ${origin}`)
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname
  } catch {
    return ''
  }
}
