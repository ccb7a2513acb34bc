/**
 * A driver that is already running, on a board or in a container: `POST /rpc` takes one request and responds with its
 * reply, `GET /events` is a stream of events with one JSON object per line.
 */

import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { OpenTransport } from './driver-transport.ts'

/** @param base the URL of the driver, including the path before `/rpc`. */
export function httpTransport(base: string): OpenTransport {
  const at = (path: string): string => `${base.replace(/\/$/, '')}${path}`
  return (listener) => {
    const aborted = new AbortController()
    const failed = (what: string) => (error: unknown) => {
      listener.ended(`the driver at ${base} ${what}: ${reasonOf(error)}`)
    }

    /** The stream is open before the first request, so that no event is missed. */
    const listening = fetch(at('/events'), { signal: aborted.signal }).then(({ ok, status, body }) => {
      if (!ok || body === null) throw new Error(`GET /events failed with status ${String(status)}`)
      return Readable.fromWeb(body)
    })
    const ended = listening.then(
      (events) =>
        new Promise<void>((resolve) => {
          const end = (why: string): void => {
            listener.ended(`the driver at ${base} ended the event stream${why}`)
            resolve()
          }
          createInterface(events)
            .on('error', (error: unknown) => {
              end(`: ${reasonOf(error)}`)
            })
            .on('line', (line) => {
              listener.line(line)
            })
            .once('close', () => {
              end('')
            })
        }),
    )
    ended.catch(failed('cannot be reached'))

    const post = async (line: string): Promise<void> => {
      const response = await fetch(at('/rpc'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: line,
        signal: aborted.signal,
      })
      const text = await response.text()
      if (response.ok) listener.line(text.trimEnd())
      else throw new Error(`POST /rpc failed with status ${String(response.status)}: ${text.slice(0, 200)}`)
    }
    return {
      send(line) {
        listening.then(() => post(line)).catch(failed('did not respond'))
      },
      close: () => ended.catch(() => undefined),
      kill() {
        aborted.abort(new Error('aborted'))
      },
    }
  }
}

/** The message of fetch is always `fetch failed`; its cause has the reason. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message
}
