/** A webhook for custom allocations: keeps what it is told, and always answers the same. */

import { createServer } from 'node:http'
import { jsonOf } from '../../raw-clients/https-client.ts'

export interface Webhook {
  readonly url: string
  /** The bodies that it was told, in JSON, oldest first. */
  readonly bodies: readonly unknown[]
  stop(): Promise<void>
}

export async function startWebhook(address: string, status: number, body: string): Promise<Webhook> {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(jsonOf(Buffer.concat(chunks)))
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return {
    url: `http://${address}:${String(port)}/allocate`,
    bodies,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
