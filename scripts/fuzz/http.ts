/**
 * Sends thousands of malformed HTTP requests, from a seed, to the hub's HTTP adapter over TLS, of two kinds. Requests with
 * correct framing and wrong contents (paths, queries, headers, tokens, bodies) use persistent connections; broken framing
 * and garbage use a connection each. The adapter passes if it responds or closes each time, never responds with 5xx, no
 * exception escapes, its memory stays flat, and it still serves a correct request at the end.
 */

import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:https'
import { connect } from 'node:tls'
import { BuiltInStorage } from '../../mock-hub/blob/built-in-storage.ts'
import { HubClock } from '../../mock-hub/base/clock.ts'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createServices } from '../../mock-hub/core/services/create-services.ts'
import { createHttpAdapter } from '../../mock-hub/http/server.ts'
import { blobAccess, documentRenderer } from '../../mock-hub/http/service/document-renderer.ts'
import { localhostCertificate } from '../../mock-hub/http/testing/certificate.ts'
import { garbageOf, requestOf, type FuzzRequest } from './http-requests.ts'
import { randomFrom } from './random.ts'

export interface HttpFuzzOptions {
  readonly seed: number
  /** @default 100000 */
  readonly requests?: number | undefined
  /** Number of the first request: the number of a failure repeats it without the requests before it. @default 0 */
  readonly from?: number | undefined
}

export interface HttpFuzzReport {
  readonly seed: number
  readonly requests: number
  /** Number of responses by status; `closed`: the hub closed the connection instead. */
  readonly answers: Readonly<Record<string, number>>
  /** Heap in bytes after a quarter and at the end. */
  readonly heap: readonly [number, number]
  /** Violations of the conditions above. */
  readonly failures: readonly string[]
}

interface Target {
  readonly port: number
  readonly ca: string
}

/** Number of concurrent connections. */
const WORKERS = 8
/** A request without a response after this time hangs. */
const SILENCE_MS = 20_000
/** One in this many is garbage on its own connection. */
const GARBAGE_EVERY = 10
const ALLOWED_GROWTH = 48 * 1024 * 1024

/** Sends the requests and reports. */
export async function fuzzHttp({
  seed,
  requests = 100_000,
  from = 0,
}: HttpFuzzOptions): Promise<HttpFuzzReport> {
  const clock = new HubClock()
  const storage = new BuiltInStorage({ clock, hostName: 'localhost' })
  // Limits on everything that requests can fill, so that growth means a leak.
  const settings = { journalRetained: 500, telemetryRetained: 500, maxDevices: 20, modulesPerDevice: 5 }
  const hub = createHub({ clock, settings, blobStorage: storage })
  hub.registry.create({ deviceId: 'd1' })
  const { key, cert: ca } = await localhostCertificate()
  const services = createServices(hub, documentRenderer(hub), blobAccess(storage))
  const adapter = createHttpAdapter(hub, {
    services,
    tls: { key, cert: ca },
    blob: storage,
  })
  const { port } = await adapter.listen({ host: '127.0.0.1', port: 0 })
  const target: Target = { port, ca }
  const known = { deviceId: 'd1', authorization: ownerToken(hub.hostName, hub.policies[0]?.primaryKey ?? '') }
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS, ca })

  const answers: Record<string, number> = {}
  const failures: string[] = []
  let next = from
  let heapEarly = 0
  const end = from + requests
  const escaped = (what: unknown): void => {
    failures.push(
      `escaped near request ${next}: ${what instanceof Error ? (what.stack ?? what.message) : String(what)}`,
    )
  }
  process.on('uncaughtException', escaped)
  process.on('unhandledRejection', escaped)
  const work = async (): Promise<void> => {
    while (next < end && failures.length < 20) {
      const number = next++
      const random = randomFrom(seed, number)
      const answer =
        number % GARBAGE_EVERY === 0
          ? await sendGarbage(target, garbageOf(random, known))
          : await sendRequest(target, agent, requestOf(random, known))
      answers[answer] = (answers[answer] ?? 0) + 1
      // 504 is the time-out of a method, not an error of the hub.
      if (answer === 'silence' || (answer.startsWith('5') && answer !== '504'))
        failures.push(`request ${number}: ${answer}`)
      if (heapEarly === 0 && number - from >= requests / 4) heapEarly = heapNow()
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
  const heapLate = heapNow()
  if (heapLate - heapEarly > ALLOWED_GROWTH)
    failures.push(`the heap grew from ${heapEarly} to ${heapLate} bytes`)

  const { authorization } = known
  const good = {
    method: 'GET',
    path: '/devices?api-version=2021-04-12',
    headers: { authorization },
    body: '',
  }
  const alive = await sendRequest(target, agent, good)
  if (alive !== '200') failures.push(`a correct request at the end: ${alive}`)
  agent.destroy()
  await adapter.stop()
  hub.stop()
  await storage.clear()
  process.off('uncaughtException', escaped)
  process.off('unhandledRejection', escaped)
  return { seed, requests: next - from, answers, heap: [heapEarly, heapLate], failures }
}

async function sendRequest(
  { port }: Target,
  agent: Agent,
  { method, path, headers, body }: FuzzRequest,
): Promise<string> {
  // Node sends no length for a GET, and the hub would read the body as the next request.
  const framed = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve) => {
    const outgoing = request(
      { host: '127.0.0.1', port, agent, method, path, headers: framed, servername: 'localhost' },
      (incoming) => {
        incoming.resume()
        incoming.once('close', () => {
          clearTimeout(guard)
          resolve(String(incoming.statusCode))
        })
      },
    )
    const guard = setTimeout(() => {
      resolve('silence')
      outgoing.destroy()
    }, SILENCE_MS)
    outgoing.once('error', () => {
      clearTimeout(guard)
      resolve('closed')
    })
    outgoing.end(body)
  })
}

async function sendGarbage({ port, ca }: Target, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' })
    let said = ''
    const guard = setTimeout(() => {
      resolve('silence')
      socket.destroy()
    }, SILENCE_MS)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => (said += said.length < 100 ? chunk.toString('latin1') : ''))
    socket.once('close', () => {
      clearTimeout(guard)
      resolve(/^HTTP\/1\.[01] (\d{3})/.exec(said)?.[1] ?? 'closed')
    })
    socket.end(bytes)
  })
}

function heapNow(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function ownerToken(hostName: string, key: string): string {
  const sr = encodeURIComponent(hostName)
  const se = Math.floor(Date.now() / 1000) + 7 * 86_400
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=iothubowner`
}
