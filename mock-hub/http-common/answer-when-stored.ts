import type { FastifyInstance, RawServerBase } from 'fastify'
import type { Commits } from '../core/contract/store/commits.ts'

/**
 * Every answer of an application waits until what has happened before it is stored. Call it before routes are added; streams
 * that are written past fastify have a gate of their own (`event-stream.ts`).
 */
export function answerWhenStored<S extends RawServerBase>(
  app: FastifyInstance<S>,
  commits: Pick<Commits, 'active' | 'committed'>,
): void {
  if (!commits.active) return
  app.addHook('onSend', (_request, _reply, payload, done) => {
    const ticket = commits.committed()
    if (ticket === undefined) done(null, payload)
    else
      void ticket.then(() => {
        done(null, payload)
      })
  })
}
