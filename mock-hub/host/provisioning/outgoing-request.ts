/** Requests that the provisioning service makes itself: to webhooks, and to linked hubs elsewhere. */

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock } from '../../base/clock.ts'

export interface OutgoingRequest {
  readonly clock: Clock
  /** Who is asked, for errors: `the webhook`. */
  readonly server: string
  readonly url: URL
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON text; undefined: none. */
  readonly body?: string | undefined
  /** Roots for https. */
  readonly ca: readonly string[]
}

/** An answer comes within this time of the hub's clock, or the request has failed. */
const LONGEST_MS = 5_000
const MOST_BYTES = 256 * 1024

/** @returns status and body. @throws Error when there is no answer in time, or a very long one. */
export function ask(asked: OutgoingRequest): Promise<{ readonly status: number; readonly body: string }> {
  const { clock, server, url, method, headers = {}, body, ca } = asked
  return new Promise((resolve, reject) => {
    const content =
      body === undefined
        ? { 'Content-Length': 0 }
        : {
            'Content-Type': 'application/json; charset=utf-8',
            'Content-Length': Buffer.byteLength(body),
          }
    const options = { method, headers: { ...content, ...headers }, agent: false }
    const request =
      url.protocol === 'https:' ? requestHttps(url, { ...options, ca: [...ca] }) : requestHttp(url, options)
    const cancel = clock.schedule(LONGEST_MS, () => {
      request.destroy(new Error(`${server} did not answer within ${String(LONGEST_MS / 1000)} s`))
    })
    const failed = (error: Error): void => {
      cancel()
      reject(error)
    }
    request.on('error', failed)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length > MOST_BYTES) request.destroy(new Error(`${server} answered with more than 256 KB`))
      })
      response.on('error', failed)
      response.on('end', () => {
        cancel()
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
      })
    })
    request.end(body)
  })
}
