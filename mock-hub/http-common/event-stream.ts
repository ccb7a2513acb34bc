/** Server-sent events: a stream that a reader can resume where it stopped. */

import type { FastifyReply } from 'fastify'
import { Gate } from '../base/gate.ts'
import type { Json } from '../base/json.ts'
import type { Hub } from '../core/contract/hub.ts'
import { unreadError } from '../core/errors/limits.ts'

export interface StreamedEvent {
  /** The reader sends it back as `Last-Event-ID` when it connects again. */
  readonly id: number
  readonly event: string
  readonly data: Json
}

/**
 * Answers with a stream that ends when either side ends it. A reader gets the past as fast as it reads; when more new events
 * than `maxUnreadBytes` wait for it, it loses its stream, and can resume with `Last-Event-ID`. An event leaves when it is stored.
 * @param start sends the past at once, and starts to send new events. @returns stops.
 */
export function streamEvents(
  reply: FastifyReply,
  hub: Pick<Hub, 'settings' | 'refuse' | 'commits'>,
  start: (send: (event: StreamedEvent) => void) => () => void,
): void {
  const { maxUnreadBytes } = hub.settings
  reply.hijack()
  const out = reply.raw
  out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  out.write(': open\n\n')
  /** What has not been written yet, oldest first. */
  let waiting: string[] = []
  /** How many of them are from the past; the bytes of the others. */
  let past = 0
  let newBytes = 0
  let starting = true
  const overflow = (): void => {
    out.destroy()
    hub.refuse(unreadError('events', newBytes, maxUnreadBytes), { transport: 'https' })
  }
  const put = (text: string, isPast: boolean): void => {
    if (out.destroyed) return
    if (waiting.length === 0 && !out.writableNeedDrain) {
      out.write(text)
      return
    }
    waiting.push(text)
    if (isPast) past++
    else newBytes += text.length
    if (newBytes > maxUnreadBytes) overflow()
  }
  const gate = new Gate(() => hub.commits.committed())
  const stop = start(({ id, event, data }) => {
    const text = `id: ${String(id)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    const isPast = starting
    gate.pass(() => {
      put(text, isPast)
    })
  })
  starting = false
  out.on('drain', () => {
    let written = 0
    for (const text of waiting) {
      if (out.writableNeedDrain) break
      if (past > 0) past--
      else newBytes -= text.length
      out.write(text)
      written++
    }
    waiting = waiting.slice(written)
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
