/** Sends one HTTPS request exactly as given, without the defaults of an HTTP library. */

import { type Agent, request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import type { Server } from './hub-under-test.ts'
import { trusting } from './trust.ts'

export interface RawRequest {
  readonly method: string
  /** Includes the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
}

export interface RawResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The names of the headers as they were sent. */
  readonly names: readonly string[]
  readonly body: Buffer
}

/** @param agent keeps connections; default: each request has its own. */
export function sendRequest(
  hub: Server,
  { method, path, headers, body, certificate }: RawRequest,
  agent: Agent | false = false,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: hub.address,
        servername: hub.hostName,
        port: hub.httpsPort,
        method,
        path,
        headers: { host: hub.hostName, 'content-length': String(body?.length ?? 0), ...headers },
        agent,
        ...(certificate === undefined ? trusting(hub.caPem) : { ...certificate, ca: hub.caPem }),
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            names: incoming.rawHeaders.filter((_text, index) => index % 2 === 0),
            body: Buffer.concat(chunks),
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The body as JSON; undefined when it is not JSON. */
export function jsonOf(bytes: Buffer | string): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    return undefined
  }
}
