/** Server-sent events: a stream that a reader can take up again where he was. */

import type { FastifyReply } from 'fastify'
import type { Json } from '../base/json.ts'

export interface StreamedEvent {
  /** Comes back as `Last-Event-ID` when the reader connects anew. */
  readonly id: number
  readonly event: string
  readonly data: Json
}

/** Unread bytes at which a reader that does not keep up loses the stream. */
const MOST_UNREAD = 8 * 2 ** 20

/**
 * Answers with a stream that ends when either side does.
 * @param start begins to send. @returns stops.
 */
export function streamEvents(
  reply: FastifyReply,
  start: (send: (event: StreamedEvent) => void) => () => void,
): void {
  reply.hijack()
  const out = reply.raw
  out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  out.write(': open\n\n')
  const stop = start(({ id, event, data }) => {
    if (out.writableLength > MOST_UNREAD) out.destroy()
    else out.write(`id: ${String(id)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  })
  out.once('close', stop)
}

/** Where a reader wants to go on: `after` of the query, or where he was; undefined: only what comes. */
export function startOf(after: string | undefined, lastEventId: unknown): number | undefined {
  if (after !== undefined) return Number(after)
  return typeof lastEventId === 'string' && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined
}
