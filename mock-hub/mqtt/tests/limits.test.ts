/** Clients that do not read, do not acknowledge or say nothing (docs/reliability.md#limits). */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JournalEntryOf } from '../../core/contract/journal.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve)
  })
const d1 = { deviceId: 'd1' }
let server: TestServer
beforeEach(async () => {
  server = await TestServer.open({ maxUnreadBytes: 100_000 })
  server.device('d1')
})
afterEach(() => server.stop())

async function refused(client: RawClient): Promise<string> {
  await client.closing()
  expect(server.mqtt.connections).toBe(0)
  const closed = (await server.journal('link-closed')) as JournalEntryOf<'link-closed'>
  expect(closed.reason).toBe('refused')
  const [last] = server.hub.lastRefusals
  return `${last?.explanation.rule}: ${last?.explanation.received}`
}
const patch = (n: number): void => {
  const desired = Object.fromEntries(
    Array.from({ length: 5 }, (_, i) => [`k${i}`, `${n}${'x'.repeat(4_000)}`]),
  )
  server.hub.twins.patch(d1, { desired }, undefined)
}

test.each([
  ['reads nothing', 0],
  ['acknowledges nothing', 1],
] as const)('limit-unread: a client that %s is closed when too many bytes wait for it', async (_, qos) => {
  const client = await server.connected(d1)
  client.send({
    ...{ cmd: 'subscribe', messageId: 1 },
    subscriptions: [{ topic: '$iothub/twin/PATCH/properties/desired/#', qos }],
  })
  await client.take('suback')
  if (qos === 0) client.pause()
  for (let n = 0; n < 60 && server.mqtt.connections === 1; n++) {
    patch(n)
    if (qos === 1) await turn()
  }
  const what = qos === 0 ? 'packets' : 'messages behind those without a PUBACK'
  expect(await refused(client)).toMatch(
    new RegExp(`^limit-unread: 1\\d{5} bytes of ${what} that wait for it$`),
  )
})

test('limit-unread: a client that reads and acknowledges gets as much as there is', async () => {
  const client = await server.connected(d1)
  client.send({
    ...{ cmd: 'subscribe', messageId: 1 },
    subscriptions: [{ topic: '$iothub/twin/PATCH/properties/desired/#', qos: 1 }],
  })
  await client.take('suback')
  for (let n = 0; n < 60; n++) {
    patch(n)
    const { messageId } = await client.take('publish')
    client.send({ cmd: 'puback', messageId: messageId ?? 0 })
  }
  await client.settled()
  expect(server.hub.lastRefusals).toEqual([])
})

test('a client that pings and does not read is not read either, and its end says so', async () => {
  const client = await server.connected(d1, { keepalive: 60 })
  client.send({
    ...{ cmd: 'subscribe', messageId: 1 },
    subscriptions: [{ topic: '$iothub/twin/PATCH/properties/desired/#', qos: 0 }],
  })
  await client.take('suback')
  client.pause()
  for (let n = 0; n < 4; n++) patch(n)
  server.clock.advance(45_000)
  client.send({ cmd: 'pingreq' })
  server.clock.advance(45_000)
  // It does not see the end that the hub writes.
  server.clock.advance(5_000)
  expect(await refused(client)).toMatch(/^WIRE-SESS-07: 90 s of silence, while it left \d+ bytes unread/)
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['half a CONNECT', Buffer.from([0x10, 100, 0, 4, 0x4d])],
])('WIRE-CONN-26: a client that sends %s is closed after 60 s', async (_, bytes) => {
  const client = server.open()
  client.send(bytes)
  await turn()
  server.clock.advance(60_000)
  expect(await refused(client)).toMatch(/^WIRE-CONN-26: \d bytes and no CONNECT/)
})
