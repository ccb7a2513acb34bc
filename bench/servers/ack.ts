/** Anchor: a server with mqtt-packet that only acknowledges: the limit of a Node process with a parser. */
import { once } from 'node:events'
import { createServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import mqttPacket from 'mqtt-packet'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

const CONNACK = Buffer.from([0x20, 2, 0, 0])
const tls = await makeTls()
const server = createServer({ ...tls, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  const parser = mqttPacket.parser()
  parser.on('packet', (packet) => {
    if (packet.cmd === 'connect') socket.write(CONNACK)
    else if (packet.cmd === 'publish' && packet.qos === 1) {
      const id = packet.messageId ?? 0
      socket.write(Buffer.from([0x40, 2, id >> 8, id & 255]))
    } else if (packet.cmd === 'subscribe') {
      socket.write(
        mqttPacket.generate({
          cmd: 'suback',
          messageId: packet.messageId ?? 0,
          granted: packet.subscriptions.map((s) => s.qos),
        }),
      )
    } else if (packet.cmd === 'pingreq') socket.write(Buffer.from([0xd0, 0]))
  })
  socket.on('data', (chunk: Buffer) => {
    socket.cork()
    parser.parse(chunk)
    socket.uncork()
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
serve({ mqttPort: (server.address() as AddressInfo).port, caPem: tls.cert })
