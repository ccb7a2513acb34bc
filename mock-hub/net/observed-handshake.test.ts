import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { afterArrivals } from '../base/clock.ts'
import type { JournalEntry } from '../core/contract/journal.ts'
import type { MockHub } from '../host/mock-hub.ts'
import { startMockHub } from '../host/start.ts'

let hub: MockHub
beforeEach(async () => {
  hub = await startMockHub({ controlPort: false, amqpPort: false, observeHandshakes: true })
})
afterEach(async () => {
  // OpenSSL tells of the end of a handshake while it reads: nothing may be destroyed within that call.
  await new Promise<void>((resolve) => afterArrivals(resolve))
  await hub.stop()
})

const ended = (): Promise<JournalEntry> => hub.journal.until((entry) => entry.type === 'tls-ended')
const types = (): readonly string[] => hub.journal.entries.map(({ type }) => type)

function dial(port: number, options: ConnectionOptions = {}) {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: hub.caPem, ...options })
  socket.on('error', () => undefined)
  return socket
}

test.each(['mqtt', 'https'] as const)('the journal shows how a connection to %s begins', async (protocol) => {
  const socket = dial(protocol === 'mqtt' ? hub.mqttPort : hub.httpsPort)
  await once(socket, 'secureConnect')
  expect(await ended()).toMatchObject({
    finished: true,
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
  })
  expect(types().slice(0, 3)).toEqual(['dialled', 'tls-hello', 'tls-ended'])
  const peer = `127.0.0.1:${String(socket.localPort)}`
  expect(hub.journal.entries[0]).toMatchObject({ protocol, peer })
  expect(hub.journal.entries[1]).toMatchObject({ peer, offer: { serverName: 'localhost' } })
  socket.destroy()
})

test.each([
  ['unknown_ca', 'unknown_ca'],
  ['expired', 'certificate_expired'],
])(
  'a client that refuses the certificate of tls.%s is seen with its alert, if it sends one',
  async (fault) => {
    hub.faults.arm({ name: `tls.${fault}` })
    dial(hub.mqttPort, { minVersion: 'TLSv1.2' })
    // Node itself sends no alert: the entry says so.
    expect(await ended()).not.toHaveProperty('alert')
    expect(hub.journal.filter({ type: 'fault' }).map(({ phase }) => phase)).toEqual(['armed', 'fired'])
  },
)

test('a client that speaks no TLS is seen with its first bytes', async () => {
  connectTcp(hub.mqttPort, '127.0.0.1')
    .on('error', () => undefined)
    .write('GET / HTTP/1.1\r\n\r\n')
  expect(await ended()).toMatchObject({ finished: false })
  expect(hub.journal.filter({ type: 'tls-hello' })[0]).toMatchObject({ clear: 'GET / HTTP/1.1\r\n' })
})
