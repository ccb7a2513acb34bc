/** Floor of direct methods: fastify hands each POST to the connection of a device and answers with what comes back. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import Fastify from 'fastify'
import { CONNACK, CONNECT, packetsOf, PUBLISH, suback, SUBSCRIBE } from './frames.ts'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

const CLIENT_ID_AT = 10
const devices = new Map<string, TLSSocket>()
const waiting = new Map<string, (payload: string) => void>()
let calls = 0

const tls = await makeTls()
const server = createServer({ ...tls, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  const packets = packetsOf((bytes, from, head, end) => {
    const kind = (bytes[from] ?? 0) >> 4
    if (kind === PUBLISH) answer(bytes, head, end)
    else if (kind === CONNECT) {
      devices.set(textAt(bytes, head + CLIENT_ID_AT), socket)
      socket.write(CONNACK)
    } else if (kind === SUBSCRIBE) socket.write(suback(bytes, head, end))
  })
  socket.on('data', packets)
})

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + 2, at + 2 + bytes.readUInt16BE(at))
}

/** `$iothub/methods/res/200/?$rid=N` */
function answer(bytes: Buffer, head: number, end: number): void {
  const topic = textAt(bytes, head)
  const call = topic.slice(topic.indexOf('=') + 1)
  waiting.get(call)?.(bytes.toString('utf8', head + 2 + topic.length, end))
  waiting.delete(call)
}

const app = Fastify({ https: { ...tls, noDelay: true } })
app.post('/twins/:id/methods', { schema: { body: { type: 'object' } } }, async (request) => {
  const { id } = request.params as { id: string }
  const { payload } = request.body as { payload: unknown }
  const call = String(++calls)
  const topic = Buffer.from(`$iothub/methods/POST/ping/?$rid=${call}`)
  const body = Buffer.from(JSON.stringify(payload))
  devices
    .get(id)
    ?.write(
      Buffer.concat([Buffer.from([0x30, 2 + topic.length + body.length, 0, topic.length]), topic, body]),
    )
  const answered = await new Promise<string>((resolve) => waiting.set(call, resolve))
  return { status: 200, payload: JSON.parse(answered) as unknown }
})
await app.listen({ port: 0, host: '127.0.0.1' })
server.listen(0, '127.0.0.1')
await once(server, 'listening')
serve({
  mqttPort: (server.address() as AddressInfo).port,
  httpsPort: (app.server.address() as AddressInfo).port,
  caPem: tls.cert,
})
