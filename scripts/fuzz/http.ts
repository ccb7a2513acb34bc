/**
 * Malformed HTTP requests by the thousand, from a seed: two kinds. Well-framed ones that are wrong inside (paths,
 * queries, headers, tokens, bodies) go over kept connections; broken frames and plain garbage each get a connection.
 * The room passes when it answers or closes each time, never says 5xx, and still serves a good request at the end.
 */

import { Agent, request } from 'node:https'
import { connect } from 'node:tls'
import { garbageOf, requestOf, type Random } from './http-requests.ts'

export interface HttpFuzzTarget {
  readonly host: string
  readonly port: number
  /** PEM that the target's certificate chains to. */
  readonly ca: string
  /** An id of a registered device, so that some paths lead somewhere. */
  readonly deviceId: string
  /** A good `Authorization` for every route, so that some requests get past the door. */
  readonly authorization: string
}

export interface HttpFuzzOptions extends HttpFuzzTarget {
  readonly seed: number
  /** @default 100000 */
  readonly requests?: number | undefined
  /** Connections at a time. @default 8 */
  readonly workers?: number | undefined
}

export interface HttpFuzzReport {
  readonly seed: number
  readonly requests: number
  /** How often each status was answered; `closed`: the connection was closed instead. */
  readonly answers: Readonly<Record<string, number>>
  /** What must not happen: 5xx, silence. Each names the request's number, from which the seed makes it again. */
  readonly failures: readonly string[]
}

/** A request that has no answer after so long hangs. */
const SILENCE_MS = 20_000
/** One in so many is garbage on a connection of its own. */
const GARBAGE_EVERY = 10

/** Sends the requests and waits for what comes of each. */
export async function fuzzHttp(options: HttpFuzzOptions): Promise<HttpFuzzReport> {
  const { seed, requests = 100_000, workers = 8 } = options
  const agent = new Agent({ keepAlive: true, maxSockets: workers, ca: options.ca })
  const answers: Record<string, number> = {}
  const failures: string[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (;;) {
      const number = next++
      if (number >= requests) return
      const random = randomFrom(seed, number)
      const answer =
        number % GARBAGE_EVERY === 0
          ? await sendGarbage(options, garbageOf(random, options))
          : await sendRequest(options, agent, requestOf(random, options))
      answers[answer] = (answers[answer] ?? 0) + 1
      if (answer === 'silence' || answer.startsWith('5'))
        failures.push(`request ${String(number)} of seed ${String(seed)}: ${answer}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  const alive = await sendRequest(options, agent, {
    method: 'GET',
    path: '/devices?api-version=2021-04-12',
    headers: { authorization: options.authorization },
    body: '',
  })
  if (alive !== '200') failures.push(`a good request after all: ${alive}`)
  agent.destroy()
  return { seed, requests, answers, failures }
}

async function sendRequest(
  target: HttpFuzzTarget,
  agent: Agent,
  { method, path, headers, body }: ReturnType<typeof requestOf>,
): Promise<string> {
  const { host, port } = target
  // Node says no length for a GET, and the body would be read as the next request.
  const framed = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve) => {
    const outgoing = request(
      { host, port, agent, method, path, headers: framed, servername: 'localhost' },
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

async function sendGarbage({ host, port, ca }: HttpFuzzTarget, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca, servername: 'localhost' })
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

/** The same numbers for the same seed and request, whatever the order in which the workers come to it (mulberry32). */
function randomFrom(seed: number, number: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
