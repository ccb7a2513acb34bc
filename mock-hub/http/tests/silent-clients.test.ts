/** Clients of the HTTPS port that hold a connection and do nothing (docs/reliability.md#limits). */

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { afterArrivals } from '../../base/clock.ts'
import type { JournalEntryOf } from '../../core/contract/journal.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'
import { policyToken } from '../testing/tokens.ts'

let server: TestServer
let port: number
let sockets: TLSSocket[]
beforeEach(async () => {
  server = await openTestServer({ maxUnreadBytes: 1_000_000 })
  sockets = []
  port = (await server.http.listen({ host: '127.0.0.1', port: 0 })).port
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await server.stop()
})

let far: TLSSocket

/** A connection whose handshake is complete, and what it has sent has reached the hub. */
async function dial(sent = ''): Promise<TLSSocket> {
  const accepted = once(server.http.server, 'secureConnection') as Promise<[TLSSocket]>
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: server.ca })
  sockets.push(socket)
  socket.on('error', () => undefined)
  ;[far] = await accepted
  if (sent !== '') await written(socket, sent)
  return socket
}
async function written(socket: TLSSocket, text: string): Promise<void> {
  const before = far.bytesRead
  socket.write(text)
  while (far.bytesRead < before + text.length) await turn()
}
const head = (method: string, path: string, ...more: string[]): string =>
  [
    `${method} ${path}${path.includes('?') ? '&' : '?'}api-version=2021-04-12 HTTP/1.1`,
    'host: localhost',
    `authorization: ${policyToken(server.hub, 'iothubowner')}`,
    ...more,
    '',
    '',
  ].join('\r\n')
/** Lets bytes arrive. */
const turn = (): Promise<void> => new Promise(afterArrivals)
/** Messages of 64 KB. */
const append = (count: number): void => {
  for (let n = 0; n < count; n++)
    server.hub.telemetry.append({
      ...{ body: Buffer.alloc(65_536, 'x'), system: {}, properties: {}, source: 'Telemetry' },
      ...{
        deviceId: 'd',
        moduleId: undefined,
        modelId: undefined,
        authMethod: '{}',
        authGenerationId: '1',
      },
    })
}
const refusal = async (): Promise<string> => {
  const entry = await server.hub.journal.until(({ type }) => type === 'refusal')
  const { rule, received, source } = (entry as JournalEntryOf<'refusal'>).explanation
  expect(source).toBe(`docs/reliability.md#${rule}`)
  return `${rule}: ${received}`
}

describe('limit-silence', () => {
  test.each([
    ['nothing after TLS', ''],
    ['half a head', 'GET /devices HTTP/1.1\r\nhost: local'],
  ])('%s is closed after 120 s', async (_, bytes) => {
    const socket = await dial(bytes)
    server.clock.advance(119_999)
    await turn()
    expect(socket.closed).toBe(false)
    server.clock.advance(1)
    await once(socket, 'close')
    expect(await refusal()).toMatch(
      new RegExp(`^limit-silence: ${bytes.length} bytes without one; the hub's clock stands still`),
    )
  })

  test('half a body is closed, and a body that goes on is not', async () => {
    const socket = await dial(head('POST', '/devices/query', 'content-length: 1000'))
    for (const more of ['x'.repeat(100), 'x'.repeat(100), '']) {
      server.clock.advance(120_000)
      await turn()
      expect(server.hub.lastRefusals).toEqual([])
      if (more !== '') await written(socket, more)
    }
    server.clock.advance(120_000)
    await once(socket, 'close')
    expect(await refusal()).toMatch(/^limit-silence: \d+ bytes, and then none/)
  })

  test('an answer that is not read is closed', async () => {
    append(300)
    await dial(head('GET', '/events?after=0'))
    // The hub writes until the buffers of both sides are full.
    for (let before = -1; before < far.bytesWritten || before === 0; await turn()) {
      before = far.bytesWritten
      for (let turns = 0; turns < 20; turns++) await turn()
    }
    for (let times = 0; times < 2; times++) {
      server.clock.advance(120_000)
      await turn()
    }
    expect(await refusal()).toMatch(/^limit-silence: \d+ bytes unread/)
  })

  test('a client that waits for the next request, or for an answer, may be silent', async () => {
    const socket = await dial(head('GET', '/statistics/devices'))
    await once(socket, 'data')
    for (let hour = 0; hour < 3; hour++) {
      server.clock.advance('1h')
      await turn()
    }
    socket.write(head('GET', '/statistics/devices'))
    await once(socket, 'data')
    expect(server.hub.lastRefusals).toEqual([])
  })
})

describe('limit-unread', () => {
  test('a reader gets a past of any size, and loses its stream when more new events wait than allowed', async () => {
    append(100)
    const socket = await dial(head('GET', '/events?after=0'))
    let bytes = 0
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
    while (bytes < 100 * 65_536) await turn()
    socket.pause()
    append(300)
    expect(await refusal()).toMatch(/^limit-unread: \d+ bytes of events that wait for it$/)
    socket.resume()
    await once(socket, 'close')
  })
})
