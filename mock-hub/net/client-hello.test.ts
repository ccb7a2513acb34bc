import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readClientHello } from './client-hello.ts'

/** The first bytes that Node's client sends. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options })
  client.on('error', () => undefined)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return bytes
}

test('versions, suites, name and protocols of a client are read from its first record', async () => {
  const hello = readClientHello(
    await helloOf({
      servername: 'hub.iot.test',
      ALPNProtocols: ['mqtt'],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    }),
  )
  expect(hello).toMatchObject({
    versions: ['TLSv1.3', 'TLSv1.2'],
    serverName: 'hub.iot.test',
    alpn: ['mqtt'],
    sessionTicket: false,
  })
  expect(hello).toHaveProperty('suites', expect.arrayContaining(['0x1301', '0xc02f']))
})

test('a client without the extension for versions names its highest one', async () => {
  const bytes = await helloOf({ maxVersion: 'TLSv1.2', servername: '' })
  expect(readClientHello(bytes)).toMatchObject({ versions: ['TLSv1.2'], serverName: undefined })
})

test('a hello that has not arrived in full asks for more, whatever is missing', async () => {
  const bytes = await helloOf({ servername: 'a' })
  for (let length = 0; length < bytes.length; length++)
    expect(readClientHello(bytes.subarray(0, length))).toBe('more')
})

test('what is no TLS is no hello', () => {
  expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toBeUndefined()
  expect(readClientHello(Buffer.from([0x10, 0x0e, 0, 4]))).toBeUndefined()
})

test('any bytes are survived', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      const record = Buffer.concat([Buffer.from([22, 3, 1, body.length >> 8, body.length & 255]), body])
      readClientHello(record)
      readClientHello(Buffer.from(body))
    }),
  )
})
