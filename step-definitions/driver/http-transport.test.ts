import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { httpTransport } from './http-transport.ts'
import { type Alarm, RemoteDriver } from './remote-driver.ts'

const never: Alarm = () => () => undefined
const HELLO = {
  ...{ protocol: 1, capabilities: [], clock: 'real' },
  implementation: { name: 'test', version: '1', language: 'js' },
}
interface Asked {
  readonly id: number
  readonly do: string
}

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Starts a driver over HTTP. @returns its URL. */
async function startDriver(
  answer: (sent: Asked, response: ServerResponse, events: ServerResponse) => void,
): Promise<string> {
  let events: ServerResponse | undefined
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/driver/events') {
      events = response
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
      return
    }
    if (request.url !== '/driver/rpc') {
      response.writeHead(404).end()
      return
    }
    const sent = JSON.parse((await request.toArray()).join('')) as Asked
    if (events === undefined) throw new Error('A request arrived before the event stream was open')
    if (sent.do === 'hello') response.end(JSON.stringify({ id: sent.id, ok: HELLO }))
    else if (sent.do === 'stop') {
      response.end(JSON.stringify({ id: sent.id, ok: null }))
      events.end()
    } else answer(sent, response, events)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/driver/`
}

test('a driver over HTTP serves requests, sends events and ends', async () => {
  const url = await startDriver(({ id }, response, events) => {
    events.write(`${JSON.stringify({ event: 'log', session: 's', seq: 1, data: { text: 'hi' } })}\n`)
    response.end(`${JSON.stringify({ id, ok: 'done' })}\n`)
  })
  const driver = await RemoteDriver.start(httpTransport(url), never)
  const heard = new Promise((resolve) => driver.onEvent(resolve))
  expect(await driver.request({ do: 'sync', session: 's' })).toEqual({ ok: 'done' })
  expect(await heard).toMatchObject({ event: 'log', data: { text: 'hi' } })
  await driver.stop()
  expect(driver.dead).toBe(true)
})

test.each<[string, Parameters<typeof startDriver>[0], string]>([
  ['another status', (_sent, response) => response.writeHead(500).end('why'), 'failed with status 500: why'],
  ['nonsense', (_sent, response) => response.end('nonsense'), 'a line of the driver violates the protocol'],
  ['an end', (_sent, _response, events) => events.end(), 'ended the event stream'],
])('%s fails the pending request with the reason', async (_what, answer, said) => {
  const driver = await RemoteDriver.start(httpTransport(await startDriver(answer)), never)
  await expect(driver.request({ do: 'sync', session: 's' })).rejects.toThrow(said)
  expect(driver.dead).toBe(true)
})

test('a driver that is not running', async () => {
  const url = await startDriver(() => undefined)
  for (const end of ends.splice(0)) end()
  await expect(RemoteDriver.start(httpTransport(url), never)).rejects.toThrow(
    `the driver at ${url} cannot be reached: `,
  )
})

test('a server that is not a driver', async () => {
  const url = await startDriver(() => undefined)
  await expect(RemoteDriver.start(httpTransport(`${url}elsewhere`), never)).rejects.toThrow(
    'GET /events failed with status 404',
  )
})
