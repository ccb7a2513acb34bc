/** The Edge runtime as a module sees it: the variables, and a workload API that signs and gives the trust bundle. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { signature } from './sas.ts'

/** Some SDKs read only what is said to be JSON. */
const JSON_BODY = { 'content-type': 'application/json' }

export type WorkloadManner =
  'works' | 'answers with an error' | 'answers with no JSON' | 'gives no certificate'

export interface WorkloadOptions {
  readonly caPem: string
  /** The module's key, base64. */
  readonly key: string
  readonly manner: WorkloadManner
  /** Of a port. */
  readonly address: string
  /** Listens there instead of on a port. */
  readonly socketPath?: string | undefined
}

export interface Workload {
  readonly uri: string
  /** Digests given so far. */
  readonly digests: readonly string[]
  stop(): Promise<void>
}

export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const digests: string[] = []
  const server = createServer((request, response) => {
    void answer(options, digests, request, response)
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
  { caPem, key, manner }: WorkloadOptions,
  digests: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  if (manner === 'answers with an error') {
    response.writeHead(500).end(JSON.stringify({ message: 'out of order' }))
  } else if (manner === 'answers with no JSON') {
    response.writeHead(200).end('out of order')
  } else if (request.url?.startsWith('/trust-bundle') === true) {
    response
      .writeHead(200, JSON_BODY)
      .end(JSON.stringify(manner === 'gives no certificate' ? {} : { certificate: caPem }))
  } else {
    const { data } = JSON.parse(body) as { readonly data: string } // the API's documented body
    const digest = signature(Buffer.from(data, 'base64').toString('utf8'), key)
    digests.push(digest)
    response.writeHead(200, JSON_BODY).end(JSON.stringify({ digest }))
  }
}
