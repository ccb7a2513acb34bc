/** Open-loop load on the REST API: reads of a twin at a fixed rate, independent of the responses. */
import { Agent, request } from 'node:https'
import type { ServerProcess } from '../servers/server.ts'
import { policyToken } from './post-load.ts'

/** Connections that stay open between measurements, because new ones would measure TLS handshakes. */
export function restAgent({ ready }: ServerProcess): Agent {
  return new Agent({ keepAlive: true, maxSockets: 8, ca: ready.caPem })
}

/** @returns a function that stops the load and returns the responses per second. */
export function readTwins(server: ServerProcess, agent: Agent, perSecond: number): () => Promise<number> {
  const headers = { authorization: policyToken(server.ready) }
  const startedAt = performance.now()
  let sent = 0
  let answered = 0
  let failure: Error | undefined
  const one = (): void => {
    const req = request(
      {
        agent,
        host: '127.0.0.1',
        port: server.ready.httpsPort,
        servername: 'localhost',
        path: `/twins/bench-${String(sent++ % 10)}?api-version=2021-04-12`,
        headers,
      },
      (res) => {
        res.resume().once('end', () => answered++)
        if (res.statusCode !== 200) failure = new Error(`GET ${req.path} answered ${String(res.statusCode)}`)
      },
    )
    req.once('error', (error) => (failure = error))
    req.end()
  }
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * perSecond
    while (sent < due) one()
  }, 2)
  return () => {
    clearInterval(timer)
    const rate = (answered / (performance.now() - startedAt)) * 1000
    return failure === undefined ? Promise.resolve(rate) : Promise.reject(failure)
  }
}
