import { once } from 'node:events'
import rhea from 'rhea'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { MockHub } from './mock-hub.ts'
import { startMockHub } from './start.ts'

let hub: MockHub
beforeEach(async () => {
  hub = await startMockHub({ controlPort: false })
})
afterEach(async () => {
  await hub.stop()
})

const login = (): { username: string; password: string; reconnect: false } => ({
  username: 'service',
  password: hub.policies.find(({ name }) => name === 'service')?.primaryKey ?? '',
  reconnect: false,
})

async function opens(connection: rhea.Connection): Promise<void> {
  connection.on('disconnected', () => undefined)
  await once(connection, 'connection_open')
  const receiver = connection.open_receiver('/messages/serviceBound/feedback')
  await once(receiver, 'receiver_open')
  const closed = once(connection, 'connection_close')
  connection.close()
  await closed
}

test('WIRE-AMQP-01: AMQP over TLS on its port', async () => {
  const options = { port: hub.amqpPort ?? 0, host: '127.0.0.1', transport: 'tls' as const, ca: hub.caPem }
  await opens(rhea.create_container().connect({ ...options, servername: 'localhost', ...login() }))
  expect(hub.journal.entries).toContainEqual(
    expect.objectContaining({ type: 'link-opened', transport: 'amqp' }),
  )
})

test('WIRE-AMQP-01: AMQP over WebSocket on the HTTPS port', async () => {
  const container = rhea.create_container()
  const url = `wss://localhost:${String(hub.httpsPort)}/$iothub/websocket`
  const socket = container.websocket_connect(WebSocket)(url, ['AMQPWSB10'], { ca: hub.caPem })
  // rhea's typings want the details to be data; they may be a function too.
  await opens(
    container.connect({ connection_details: socket, ...login() } as unknown as rhea.ConnectionOptions),
  )
  expect(hub.journal.entries).toContainEqual(
    expect.objectContaining({ type: 'link-opened', transport: 'amqp-ws' }),
  )
})

test('without AMQP there is neither port nor connection string', async () => {
  const without = await startMockHub({ controlPort: false, amqpPort: false })
  expect([without.amqpPort, without.eventHubConnectionString]).toEqual([undefined, undefined])
  expect(without.environment).not.toHaveProperty('EVENTHUB_CONNECTION_STRING')
  await without.stop()
})

test('the connection string of the Event Hub names a policy that may read it', () => {
  expect(hub.eventHubConnectionString).toMatch(
    /^Endpoint=sb:\/\/127\.0\.0\.1\/;SharedAccessKeyName=service;SharedAccessKey=[^;]+;EntityPath=127$/,
  )
  expect(hub.environment['EVENTHUB_CONNECTION_STRING']).toBe(hub.eventHubConnectionString)
})
