/** Server-sent events: a stream that a reader can resume where it stopped. */

import type { FastifyReply } from 'fastify'
import { Gate } from '../base/gate.ts'
import type { Json } from '../base/json.ts'
import type { Commits } from '../core/contract/commits.ts'

export interface StreamedEvent {
  /** The reader sends it back as `Last-Event-ID` when it connects again. */
  readonly id: number
  readonly event: string
  readonly data: Json
}

/** A reader with more unread bytes than this loses its stream; it can resume with `Last-Event-ID`. */
const MAX_UNREAD_BYTES = 8 * 2 ** 20

/**
 * Answers with a stream that ends when either side ends it.
 * @param commits an event leaves when it is stored.
 * @param start starts to send. @returns stops.
 */
export function streamEvents(
  reply: FastifyReply,
  commits: Pick<Commits, 'committed'>,
  start: (send: (event: StreamedEvent) => void) => () => void,
): void {
  reply.hijack()
  const out = reply.raw
  out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  out.write(': open\n\n')
  const gate = new Gate(() => commits.committed())
  const stop = start(({ id, event, data }) => {
    gate.pass(() => {
      if (out.writableLength > MAX_UNREAD_BYTES) out.destroy()
      else out.write(`id: ${String(id)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    })
  })
  out.once('close', stop)
}

/**
 * The id after which a reader wants to continue.
 * @param after the query parameter, which wins.
 * @param lastEventId the header `Last-Event-ID`.
 * @returns undefined: the reader wants only new events.
 */
export function resumePoint(after: string | undefined, lastEventId: unknown): number | undefined {
  if (after !== undefined) return Number(after)
  return typeof lastEventId === 'string' && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined
}
