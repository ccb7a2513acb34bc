/** The workload API of the Edge runtime: signs tokens and supplies the trust bundle. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { signature } from './sas.ts'

/** Some SDKs read a body only with this header. */
const JSON_BODY = { 'content-type': 'application/json' }

export type WorkloadBehaviour =
  | 'works'
  | 'answers with an error'
  | 'answers without JSON'
  | 'gives no certificate'

export interface WorkloadOptions {
  readonly caPem: string
  /** The key of the module, base64. */
  readonly key: string
  readonly behaviour: WorkloadBehaviour
  /** The address to listen on. */
  readonly address: string
  /** Listens on this Unix socket instead of a port. */
  readonly socketPath?: string | undefined
}

export interface Workload {
  readonly uri: string
  /** The digests supplied so far. */
  readonly digests: readonly string[]
  /** Answers the next requests with an error. */
  failNext(times: number): void
  stop(): Promise<void>
}

export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const digests: string[] = []
  let failures = 0
  const server = createServer((request, response) => {
    const behaviour = failures > 0 ? 'answers with an error' : options.behaviour
    failures = Math.max(0, failures - 1)
    void answer({ ...options, behaviour }, digests, request, response)
  })
  const { socketPath, address } = options
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, address, resolve)
    else server.listen(socketPath, resolve)
  })
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return {
    uri: socketPath === undefined ? `http://${address}:${String(port)}` : `unix://${socketPath}`,
    digests,
    failNext: (times) => {
      failures = times
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

async function answer(
  { caPem, key, behaviour }: WorkloadOptions,
  digests: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  if (behaviour === 'answers with an error') {
    response.writeHead(500).end(JSON.stringify({ message: 'internal error' }))
  } else if (behaviour === 'answers without JSON') {
    response.writeHead(200).end('internal error')
  } else if (request.url?.startsWith('/trust-bundle') === true) {
    response
      .writeHead(200, JSON_BODY)
      .end(JSON.stringify(behaviour === 'gives no certificate' ? {} : { certificate: caPem }))
  } else {
    const { data } = JSON.parse(body) as { readonly data: string } // the documented body
    const digest = signature(Buffer.from(data, 'base64').toString('utf8'), key)
    digests.push(digest)
    response.writeHead(200, JSON_BODY).end(JSON.stringify({ digest }))
  }
}
