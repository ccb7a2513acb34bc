/** Tells a handler that its caller has hung up. */

import type { FastifyReply } from 'fastify'

/** Aborts when the connection closes; after the answer has been sent that has no effect. */
export function callerGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    gone.abort()
  })
  return gone.signal
}
