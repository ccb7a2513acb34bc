import { once } from 'node:events'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, createWebSocketStream } from 'ws'
import type { ClientOptions } from 'ws'
import { certificateFor } from '../mqtt/testing/certificates.ts'
import { RawClient } from '../mqtt/testing/raw-client.ts'
import { TestServer } from '../mqtt/testing/test-server.ts'
import { attachWebSocket } from './websocket.ts'

const d1 = { deviceId: 'd1' }
let testServer: TestServer
let server: Server
let detach: () => void
let port: number
let ca: string
beforeEach(async () => {
  testServer = await TestServer.open()
  testServer.device('d1')
  const { key, cert } = await certificateFor('localhost')
  ca = cert
  server = createServer({ key, cert, requestCert: true, rejectUnauthorized: false })
  detach = attachWebSocket(
    server,
    {
      mqtt: (stream, info) => {
        testServer.mqtt.accept(stream, { transport: 'mqtt-ws', ...info })
      },
    },
    { faults: testServer.hub.faults },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  detach()
  server.closeAllConnections()
  server.close()
  await testServer.stop()
})

function dial(protocols: string[], path = '/$iothub/websocket', options: ClientOptions = {}): WebSocket {
  return new WebSocket(`wss://localhost:${port}${path}`, protocols, {
    ca,
    lookup: (_host, _options, done) => {
      done(null, [{ address: '127.0.0.1', family: 4 }])
    },
    ...options,
  })
}

async function refusedWith(socket: WebSocket): Promise<number | undefined> {
  socket.on('error', () => undefined)
  const [request, response] = (await once(socket, 'unexpected-response')) as [
    { destroy(): void },
    { statusCode?: number },
  ]
  request.destroy()
  return response.statusCode
}

async function mqttOver(socket: WebSocket): Promise<RawClient> {
  const client = new RawClient(createWebSocketStream(socket))
  await once(socket, 'open')
  client.connect({
    clientId: 'd1',
    username: 'localhost/d1/?api-version=2021-04-12',
    password: Buffer.from(testServer.token(d1)),
  })
  return client
}

describe('attachWebSocket', () => {
  test.each([
    ['WIRE-CONN-03', 'mqtt', '/$iothub/websocket'],
    ['WIRE-CONN-03', 'MQTT', '/%24iothub/websocket'],
    ['WIRE-CONN-04', 'mqtt', '/$iothub/websocket?iothub-no-client-cert=true'],
  ])('%s: sub-protocol %s at %s carries MQTT', async (_id, protocol, path) => {
    const socket = dial([protocol], path)
    const client = await mqttOver(socket)
    expect(socket.protocol).toBe(protocol)
    expect(socket.extensions).toBe('')
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(await client.settled()).toEqual([])
    await testServer.journal('link-opened', ({ transport }) => transport === 'mqtt-ws')
    client.drop()
    await testServer.journal('link-closed')
  })

  test('the first supported of several is chosen', async () => {
    const socket = dial(['unknown', 'mqtt'])
    await once(socket, 'open')
    expect(socket.protocol).toBe('mqtt')
    socket.terminate()
  })

  test('WIRE-CONN-05: no supported sub-protocol is 400', async () => {
    expect(await refusedWith(dial(['amqp']))).toBe(400)
    expect(await refusedWith(dial([]))).toBe(400)
  })

  test('an absolute URL in the request line is accepted, as the Java SDK sends it', async () => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
    socket.write(
      `GET https://localhost:${port}/$iothub/websocket?iothub-no-client-cert=true HTTP/1.1\r\n` +
        'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString().split('\r\n', 1)).toEqual(['HTTP/1.1 101 Switching Protocols'])
    socket.destroy()
  })

  test('WIRE-CONN-05: another path is 400', async () => {
    expect(await refusedWith(dial(['mqtt'], '/websocket'))).toBe(400)
    expect(await refusedWith(dial(['mqtt'], '/%zz'))).toBe(400)
  })

  test('a link closed by the hub ends the WebSocket', async () => {
    const socket = dial(['mqtt'])
    const client = await mqttOver(socket)
    await client.next()
    const closed = once(socket, 'close')
    testServer.hub.registry.remove(d1, '*')
    await closed
    expect(testServer.mqtt.connections).toBe(0)
  })
})

describe('ws faults', () => {
  test('ws.status', async () => {
    testServer.hub.faults.arm({ name: 'ws.status', parameters: { status: 503 } })
    expect(await refusedWith(dial(['mqtt']))).toBe(503)
    expect(testServer.hub.faults.list()[0]?.fired).toBe(1)
  })

  test('ws.redirect', async () => {
    testServer.hub.faults.arm({ name: 'ws.redirect', parameters: { location: 'wss://localhost/elsewhere' } })
    expect(await refusedWith(dial(['mqtt']))).toBe(302)
  })

  test('ws.wrong_protocol', async () => {
    testServer.hub.faults.arm({ name: 'ws.wrong_protocol' })
    const socket = dial(['mqtt'])
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toMatch(/subprotocol/)
  })

  test('ws.close', async () => {
    testServer.hub.faults.arm({ name: 'ws.close', parameters: { code: 1013 } })
    const [code] = (await once(dial(['mqtt']), 'close')) as [number]
    expect(code).toBe(1013)
  })

  test('ws.withhold', async () => {
    testServer.hub.faults.arm({ name: 'ws.withhold' })
    const silent = dial(['mqtt'])
    silent.on('error', () => undefined)
    await testServer.journal('fault', ({ phase }) => phase === 'fired')
    await once(dial(['mqtt']), 'open')
    expect(silent.readyState).toBe(WebSocket.CONNECTING)
    silent.terminate()
  })

  test('ws.fragment changes nothing but the frames', async () => {
    testServer.hub.faults.arm({ name: 'ws.fragment' })
    const client = await mqttOver(dial(['mqtt']))
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(await client.settled()).toEqual([])
    client.drop()
  })
})

test('Event Hubs clients find AMQP at a path of their own, which serves nothing else', async () => {
  const path = '/$servicebus/websocket'
  expect(await refusedWith(dial(['AMQPWSB10'], path))).toBe(400)
  detach()
  detach = attachWebSocket(server, {
    mqtt: (stream) => stream.destroy(),
    amqpwsb10: (stream) => stream.end('amqp'),
  })
  const socket = dial(['AMQPWSB10'], path)
  const [said] = (await once(socket, 'message')) as [Buffer]
  expect([said.toString(), socket.protocol]).toEqual(['amqp', 'AMQPWSB10'])
  expect(await refusedWith(dial(['mqtt'], path))).toBe(400)
})
