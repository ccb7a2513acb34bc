/** Tells a handler that its caller has hung up. */

import type { FastifyReply } from 'fastify'

/** Aborts when the connection closes before the answer has been sent. */
export function callerGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  return gone.signal
}
