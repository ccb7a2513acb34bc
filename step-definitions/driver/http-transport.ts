/**
 * A driver that somebody else has started, on a board or in a container: `POST /rpc` takes one request and answers with
 * its reply, `GET /events` is a stream of events, one JSON object a line.
 */

import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { OpenTransport } from './driver-transport.ts'

/** @param base URL of the driver, with whatever path stands before `/rpc`. */
export function httpTransport(base: string): OpenTransport {
  const at = (path: string): string => `${base.replace(/\/$/, '')}${path}`
  return (listener) => {
    const cut = new AbortController()
    const failed = (doing: string) => (error: unknown) => {
      listener.ended(`the driver at ${base} ${doing}: ${reasonOf(error)}`)
    }

    /** Events come before anything is asked: none is missed. */
    const listening = fetch(at('/events'), { signal: cut.signal }).then(({ ok, status, body }) => {
      if (!ok || body === null) throw new Error(`GET /events was answered with ${String(status)}`)
      return Readable.fromWeb(body)
    })
    const left = listening.then(
      (events) =>
        new Promise<void>((resolve) => {
          const over = (why: string): void => {
            listener.ended(`the driver at ${base} ended its stream of events${why}`)
            resolve()
          }
          createInterface(events)
            .on('error', (error: unknown) => {
              over(`: ${reasonOf(error)}`)
            })
            .on('line', (line) => {
              listener.line(line)
            })
            .once('close', () => {
              over('')
            })
        }),
    )
    left.catch(failed('cannot be reached'))

    const post = async (line: string): Promise<void> => {
      const answer = await fetch(at('/rpc'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: line,
        signal: cut.signal,
      })
      const text = await answer.text()
      if (answer.ok) listener.line(text.trimEnd())
      else throw new Error(`POST /rpc was answered with ${String(answer.status)} ${text.slice(0, 200)}`)
    }
    return {
      send(line) {
        listening.then(() => post(line)).catch(failed('did not answer'))
      },
      close: () => left.catch(() => undefined),
      kill() {
        cut.abort(new Error('it was cut off'))
      },
    }
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message
}
