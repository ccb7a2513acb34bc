/**
 * Floor: a server that finds the packets by hand and acknowledges them, and does nothing else. With `durability` it writes
 * what it reads to a file before that, and with `disk` waits until it is on the disk.
 */
import { once } from 'node:events'
import { fdatasync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CONNACK, CONNECT, packetsOf, PINGREQ, PINGRESP, PUBLISH, suback, SUBSCRIBE } from './frames.ts'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

const { durability } = JSON.parse(process.argv[2] ?? '{}') as { durability?: 'disk' | 'process' }
const keep = durability === undefined ? undefined : keeper(durability)

/** @returns writes bytes behind the others, and gives a promise when that takes time. */
function keeper(durability: 'disk' | 'process'): (bytes: Buffer) => undefined | Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-floor-'))
  const file = openSync(join(folder, 'journal'), 'w')
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  const onDisk = promisify(fdatasync)
  let written = Promise.resolve()
  return (bytes) => {
    writeSync(file, bytes)
    if (durability === 'process') return undefined
    written = written.then(() => onDisk(file))
    return written
  }
}

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
    const answer = Buffer.from(acknowledgements)
    acknowledgements = []
    const kept = keep?.(chunk)
    if (kept === undefined) socket.write(answer)
    else void kept.then(() => socket.write(answer))
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
serve({ mqttPort: (server.address() as AddressInfo).port, caPem: tls.cert })
