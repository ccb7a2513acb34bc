/** The Edge runtime as a module sees it: the variables, and a workload API that signs and gives the trust bundle. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { signature } from './sas.ts'

export type WorkloadFault = 'none' | 'answers with an error' | 'answers with no JSON' | 'gives no certificate'

export interface WorkloadOptions {
  readonly caPem: string
  /** The module's key, base64. */
  readonly key: string
  readonly fault: WorkloadFault
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    uri: `http://127.0.0.1:${String(port)}`,
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
  { caPem, key, fault }: WorkloadOptions,
  digests: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  if (fault === 'answers with an error') {
    response.writeHead(500).end(JSON.stringify({ message: 'out of order' }))
  } else if (fault === 'answers with no JSON') {
    response.writeHead(200).end('out of order')
  } else if (request.url?.startsWith('/trust-bundle') === true) {
    response
      .writeHead(200)
      .end(JSON.stringify(fault === 'gives no certificate' ? {} : { certificate: caPem }))
  } else {
    const { data } = JSON.parse(body) as { readonly data: string } // the API's documented body
    const digest = signature(Buffer.from(data, 'base64').toString('utf8'), key)
    digests.push(digest)
    response.writeHead(200).end(JSON.stringify({ digest }))
  }
}
