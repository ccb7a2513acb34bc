/**
 * Sends HTTP requests, from a seed, to a running hub: to its HTTPS port (devices and back ends), to its blob endpoint and to
 * its control API. Requests are valid, valid with one lie, or wrong in many places; broken framing and garbage use a
 * connection each. The hub passes if it answers or closes each time, and never with 5xx (504 is the time-out of a method).
 */

import { createHmac } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import type { MockHub } from '../../mock-hub/host/mock-hub.ts'
import { startMockHub } from '../../mock-hub/host/start.ts'
import { openTestServer } from '../../mock-hub/http/testing/test-server.ts'
import { blobRequestOf } from './blob-requests.ts'
import { garbageOf, requestOf, type FuzzRequest, type Known } from './http-requests.ts'
import type { FuzzOptions } from './mqtt.ts'
import { requestsOf } from './openapi-requests.ts'
import { randomFrom, type Random } from './random.ts'
import { Watch, type Report } from './watch.ts'

export type HttpSurface = 'http' | 'blob' | 'control'

/** Number of concurrent connections. */
const WORKERS = 8
/** A request without a response after twice this time hangs. */
const SILENCE_MS = 15_000
/** One in this many is garbage on its own connection. */
const GARBAGE_EVERY = 20
/** Longer than any time-out of a call. */
const ALL_TIME_OUTS = '301s'
/** A life of tokens that no run outlives, however often the clock is wound. */
const LONG_SECONDS = 100 * 365 * 86_400
/** The SAS of an upload is used so often. */
const UPLOAD_EVERY = 400

interface Target {
  readonly hub: MockHub
  readonly known: Known
  readonly agent: HttpsAgent | HttpAgent
  /** One for all connections: to make it takes longer than a handshake. */
  readonly secureContext: SecureContext
  readonly isControl: boolean
  readonly next: (random: Random, number: number) => Promise<FuzzRequest>
}

/** Sends the requests and reports. */
export async function fuzzHttp(
  surface: HttpSurface,
  { seed, inputs, from = 0 }: FuzzOptions,
): Promise<Report> {
  const watch = new Watch('request', from, inputs)
  const warn = (line: string, isRefusal = false): void => {
    if (!isRefusal && /^(control|blob): /.test(line)) watch.fail(line)
  }
  // Limits on everything that requests can fill, so that growth means a leak.
  const settings = {
    ...{ journalRetained: 500, telemetryRetained: 500, maxDevices: 20, modulesPerDevice: 5 },
    uploadSasSeconds: LONG_SECONDS,
  }
  const hub = await startMockHub({
    ...{ settings, amqpPort: false, controlPort: surface === 'control' ? 0 : false },
    seed: { devices: [{ deviceId: 'd1', modules: [{ moduleId: 'm1' }] }] },
    logger: { info: () => undefined, warn },
  })
  watch.journal(hub.journal)
  const target = await targetOf(surface, hub)

  let next = from
  let working = WORKERS
  let waiting = 0
  /** Calls of methods that nobody answers end by the hub's clock, which is wound when every worker waits. */
  const windIfAllWait = (): void => {
    if (waiting > 0 && waiting === working)
      setImmediate(() => {
        hub.clock.advance(ALL_TIME_OUTS)
      })
  }
  const end = from + inputs
  const work = async (): Promise<void> => {
    while (next < end && !watch.enough) {
      const number = next++
      watch.at = number
      watch.connectionAt = number
      const random = randomFrom(seed, number)
      waiting++
      windIfAllWait()
      const answer =
        number % GARBAGE_EVERY === 0
          ? await sendGarbage(target, garbageOf(random, target.known))
          : await send(target, await target.next(random, number))
      waiting--
      watch.outcome(answer)
      const isBad = answer === 'silence' || (answer.startsWith('5') && answer !== '504' && answer !== '501')
      if (isBad && !(answer === '500' && watch.isIntended()))
        watch.fail(`answer ${answer} to request ${number}`)
      watch.progress(next - from)
    }
    working--
    windIfAllWait()
  }
  await Promise.all(Array.from({ length: WORKERS }, work))

  const good: FuzzRequest = target.isControl
    ? { method: 'GET', path: '/health', headers: {}, body: '' }
    : {
        ...{ method: 'GET', path: '/statistics/devices?api-version=2021-04-12', body: '' },
        headers: { authorization: target.known.authorization },
      }
  const alive = await send(target, good)
  if (alive !== '200') watch.fail(`a correct request at the end: ${alive}`)
  target.agent.destroy()
  const report = watch.report(seed, next - from, WORKERS)
  await hub.stop()
  return report
}

async function targetOf(surface: HttpSurface, hub: MockHub): Promise<Target> {
  const isControl = surface === 'control'
  const known = { deviceId: 'd1', authorization: isControl ? '' : ownerToken(hub) }
  const secureContext = createSecureContext({ ca: hub.caPem })
  const agent = isControl
    ? new HttpAgent({ keepAlive: true, maxSockets: WORKERS })
    : new HttpsAgent({ keepAlive: true, maxSockets: WORKERS, secureContext })
  const described = requestsOf(await documentOf(hub, isControl), isControl ? unsafe : undefined)
  const target = { hub, known, agent, secureContext, isControl }
  if (surface !== 'blob')
    return {
      ...target,
      next: (random) =>
        Promise.resolve(random(2) === 0 && !isControl ? requestOf(random, known) : described(random, known)),
    }
  let sas = ''
  return {
    ...target,
    next: async (random, number) => {
      if (sas === '' || number % UPLOAD_EVERY === 1)
        sas = await startUpload({ ...target, next: () => Promise.reject(new Error('unused')) }, number)
      return blobRequestOf(random, sas)
    },
  }
}

/** What would end the run or change its clock for good. */
function unsafe(method: string, path: string): boolean {
  return path.startsWith('/clock') || (path === '/settings' && method !== 'GET')
}

async function documentOf(hub: MockHub, isControl: boolean): Promise<object> {
  if (isControl) return (await (await fetch(`${hub.controlUrl ?? ''}/openapi.json`)).json()) as object
  const server = await openTestServer()
  const document = await server.http.openApi()
  await server.stop()
  return document
}

async function startUpload(target: Target, number: number): Promise<string> {
  const body = await new Promise<string>((resolve, reject) => {
    const asked = httpsRequest(
      {
        ...{
          host: '127.0.0.1',
          port: target.hub.httpsPort,
          agent: target.agent as HttpsAgent,
          method: 'POST',
        },
        path: '/devices/d1/files?api-version=2021-04-12',
        headers: { authorization: target.known.authorization, 'content-type': 'application/json' },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.once('end', () => {
          resolve(text)
        })
      },
    )
    asked.once('error', reject)
    asked.end(JSON.stringify({ blobName: `b${number % 50}` }))
  })
  const upload = JSON.parse(body) as {
    readonly containerName: string
    readonly blobName: string
    readonly sasToken?: string
    readonly correlationId: string
  }
  if (upload.sasToken === undefined) throw new Error(`no upload: ${body}`)
  // The number of uploads under way is limited.
  await send(target, {
    ...{ method: 'POST', path: '/devices/d1/files/notifications?api-version=2021-04-12' },
    headers: { authorization: target.known.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ correlationId: upload.correlationId, isSuccess: false, statusCode: 1 }),
  })
  return `/${upload.containerName}/${upload.blobName}${upload.sasToken}`
}

async function send({ hub, agent, isControl }: Target, wanted: FuzzRequest): Promise<string> {
  const { method, path, headers, body } = wanted
  // Node sends no length for a GET, and the hub would read the body as the next request.
  const framed = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
  const port = isControl ? (hub.controlPort ?? 0) : hub.httpsPort
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, method, path, headers: framed }
    const outgoing = isControl
      ? httpRequest({ ...options, agent: agent })
      : httpsRequest({ ...options, agent: agent as HttpsAgent })
    outgoing.once('response', (incoming) => {
      const status = String(incoming.statusCode)
      incoming.resume()
      const done = (): void => {
        stopGuard()
        resolve(status)
      }
      // A stream of events does not end.
      if (incoming.headers['content-type'] === 'text/event-stream') outgoing.destroy()
      incoming.once('close', done)
    })
    const stopGuard = onSilence(() => {
      resolve('silence')
      outgoing.destroy()
    })
    outgoing.once('error', () => {
      stopGuard()
      resolve('closed')
    })
    outgoing.end(body)
  })
}

async function sendGarbage({ hub, secureContext, isControl }: Target, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = isControl
      ? connectTcp({ host: '127.0.0.1', port: hub.controlPort ?? 0 })
      : connectTls({ host: '127.0.0.1', port: hub.httpsPort, secureContext })
    let said = ''
    const stopGuard = onSilence(() => {
      resolve('silence')
      socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => (said += said.length < 100 ? chunk.toString('latin1') : ''))
    socket.once('close', () => {
      stopGuard()
      resolve(/^HTTP\/1\.[01] (\d{3})/.exec(said)?.[1] ?? 'closed')
    })
    socket.end(bytes)
  })
}

/** Waits twice: when this process was stopped for a while, what has arrived meanwhile is read before the second time is over. */
function onSilence(silent: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(silent, SILENCE_MS)
  }, SILENCE_MS)
  return () => {
    clearTimeout(timer)
  }
}

function ownerToken(hub: MockHub): string {
  const sr = encodeURIComponent(hub.hostName)
  const se = Math.floor(hub.clock.now() / 1000) + LONG_SECONDS
  const key = Buffer.from(hub.policies[0]?.primaryKey ?? '', 'base64')
  const sig = createHmac('sha256', key).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=iothubowner`
}
