/** Floor: a server that finds the packets by hand and acknowledges them, and does nothing else. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { CONNACK, CONNECT, packetsOf, PINGREQ, PINGRESP, PUBLISH, suback, SUBSCRIBE } from './frames.ts'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

const tls = await makeTls()
const server = createServer({ ...tls, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  /** The acknowledgements of one chunk leave in one write. */
  let acknowledgements: number[] = []
  const packets = packetsOf((bytes, from, head, end) => {
    const first = bytes[from] ?? 0
    if (first >> 4 === PUBLISH) {
      if ((first & 6) === 0) return
      const id = head + 2 + bytes.readUInt16BE(head)
      acknowledgements.push(0x40, 2, bytes[id] ?? 0, bytes[id + 1] ?? 0)
    } else if (first >> 4 === CONNECT) socket.write(CONNACK)
    else if (first >> 4 === SUBSCRIBE) socket.write(suback(bytes, head, end))
    else if (first >> 4 === PINGREQ) socket.write(PINGRESP)
  })
  socket.on('data', (chunk: Buffer) => {
    packets(chunk)
    if (acknowledgements.length === 0) return
    socket.write(Buffer.from(acknowledgements))
    acknowledgements = []
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
serve({ mqttPort: (server.address() as AddressInfo).port, caPem: tls.cert })
