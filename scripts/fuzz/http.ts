/**
 * Malformed HTTP requests by the thousand, from a seed, against the hub's HTTP room over TLS. Two kinds: well-framed
 * ones that are wrong inside (paths, queries, headers, tokens, bodies) go over kept connections; broken frames and plain
 * garbage each get a connection. The room passes when it answers or closes each time, never says 5xx, nothing escapes
 * it, its memory stays flat, and it still serves a good request at the end.
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
  /** The first request to send: a failure's number makes it again without what came before. @default 0 */
  readonly from?: number | undefined
}

export interface HttpFuzzReport {
  readonly seed: number
  readonly requests: number
  /** How often each status was answered; `closed`: the connection was closed instead. */
  readonly answers: Readonly<Record<string, number>>
  /** Heap in bytes after a quarter and at the end. */
  readonly heap: readonly [number, number]
  /** What must not happen. */
  readonly failures: readonly string[]
}

interface Target {
  readonly port: number
  readonly ca: string
}

/** Connections at a time. */
const WORKERS = 8
/** A request that has no answer after so long hangs. */
const SILENCE_MS = 20_000
/** One in so many is garbage on a connection of its own. */
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
  // Bounds on all that requests can fill, so that what grows is a leak.
  const settings = { journalRetained: 500, telemetryRetained: 500, maxDevices: 20, modulesPerDevice: 5 }
  const hub = createHub({ clock, settings, blobStorage: storage })
  hub.registry.create({ deviceId: 'd1' })
  const { key, cert: ca } = await localhostCertificate()
  const services = createServices(hub, documentRenderer(hub), blobAccess(storage))
  const room = createHttpAdapter(hub, {
    services,
    tls: { key, cert: ca },
    blob: storage,
  })
  const { port } = await room.listen({ host: '127.0.0.1', port: 0 })
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
      // 504 is a method's own time-out, not a fault.
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
  if (alive !== '200') failures.push(`a good request after all: ${alive}`)
  agent.destroy()
  await room.stop()
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
  // Node says no length for a GET, and the body would be read as the next request.
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
