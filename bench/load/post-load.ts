/** Closed-loop load on the REST API. */
import { Agent, request } from 'node:https'
import { percentile, type Sample } from '../figure.ts'
import type { Ready, ServerProcess } from '../servers/server.ts'
import { sasToken } from './token.ts'

/** A token of the policy that the service connection string names. */
export function policyToken({ serviceConnectionString = '' }: Ready): string {
  const connection = new URLSearchParams(serviceConnectionString.replaceAll('+', '%2B').replaceAll(';', '&'))
  const key = connection.get('SharedAccessKey') ?? ''
  return sasToken('localhost', key, connection.get('SharedAccessKeyName') ?? '')
}

/** POSTs the same small JSON body with `concurrency` requests at a time. */
export async function postLoad(
  server: ServerProcess,
  path: () => string,
  headers: Record<string, string>,
  concurrency: number,
  ms: number,
): Promise<Sample> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency, ca: server.ready.caPem })
  const body = '{"methodName":"ping","payload":{"n":1}}'
  const startedAt = performance.now()
  const until = startedAt + ms
  const latencies: number[] = []
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const askedAt = performance.now()
      const req = request(
        {
          agent,
          host: '127.0.0.1',
          port: server.ready.httpsPort,
          servername: 'localhost',
          method: 'POST',
          path: path(),
          headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
        },
        (res) => {
          res.resume()
          res.once('end', () => {
            if (res.statusCode !== 200) {
              reject(new Error(`POST ${req.path} answered ${String(res.statusCode)}`))
              return
            }
            latencies.push(performance.now() - askedAt)
            resolve()
          })
        },
      )
      req.once('error', reject)
      req.end(body)
    })
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < until) await one()
    }),
  )
  agent.destroy()
  const seconds = (performance.now() - startedAt) / 1000
  return {
    value: latencies.length / seconds,
    extra: { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) },
  }
}
