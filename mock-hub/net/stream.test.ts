import { Duplex, duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../base/clock.ts'
import type { FaultDefinition } from '../core/contract/faults.ts'
import type { Hub } from '../core/contract/hub.ts'
import { openHub } from '../core/testing/test-hub.ts'
import { createMqttServer } from '../mqtt/server.ts'
import { RawClient } from '../mqtt/testing/raw-client.ts'
import { sasToken } from '../mqtt/testing/test-server.ts'
import { FaultedStream } from './stream.ts'

/** A socket that gathers what is written in one turn, as TCP and TLS sockets do. */
class Socket extends Duplex {
  /** What each write to the network held. */
  readonly written: string[] = []
  ended = false

  override _read(): void {
    // Tests push.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk.toString())
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.written.push(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString())
    done()
  }

  override _final(done: () => void): void {
    this.ended = true
    done()
  }
}

let hub: Hub
let clock: ManualClock
let socket: Socket
let stream: FaultedStream
let received: string
let gone: string[]
beforeEach(() => {
  ;({ hub, clock } = openHub())
  socket = new Socket()
  received = ''
  gone = []
  stream = new FaultedStream(socket, hub, {
    onBytes: (chunk) => (received += chunk.toString()),
    onGone: (reason) => gone.push(reason),
  })
})
afterEach(() => {
  stream.destroy()
  hub.stop()
})

function inject(
  name: string,
  parameters: FaultDefinition['parameters'] = {},
  durationSeconds?: number,
): void {
  hub.faults.arm({ name, parameters, ...(durationSeconds === undefined ? {} : { durationSeconds }) })
  const match = hub.faults.match('tcp')
  if (match === undefined) throw new Error(`${name} did not fire`)
  stream.inject(match)
}
const write = (...texts: string[]): void => {
  for (const text of texts) stream.write(Buffer.from(text))
}
/** Lets the client's bytes arrive. */
const arrive = async (text: string): Promise<void> => {
  socket.push(text)
  await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)))
}

describe('output', () => {
  test('leaves in one piece between cork and uncork', () => {
    stream.cork()
    write('a', 'b')
    stream.uncork()
    expect(socket.written).toEqual(['ab'])
  })

  test.each([
    ['is destroyed', () => stream.destroy()],
    ['loses its client', () => inject('tcp.drop_now')],
    ['is reset', () => inject('tcp.reset')],
    ['hangs up', () => stream.hangUp()],
  ])('what is gathered is sent when the stream %s', (_how, end) => {
    stream.cork()
    write('a', 'b')
    end()
    expect(socket.written).toEqual(['ab'])
  })

  test('tcp.split: each byte is a write, corked or not', () => {
    stream.cork()
    inject('tcp.split')
    stream.cork()
    write('ab', 'c')
    stream.uncork()
    expect(socket.written).toEqual(['a', 'b', 'c'])
  })

  test('tcp.coalesce: what is written in the time since the first write leaves in one piece', () => {
    inject('tcp.coalesce', { seconds: 2 })
    write('a')
    clock.advance(1_999)
    write('b')
    expect(socket.written).toEqual([])
    clock.advance(1)
    write('c')
    clock.advance(2_000)
    expect(socket.written).toEqual(['ab', 'c'])
  })

  test('tcp.delay: each write is late by as much, in order even when the clock is set back', () => {
    inject('tcp.delay', { seconds: 5 })
    write('a')
    clock.set(clock.now() - 3_000)
    write('b')
    clock.advance(5_000)
    expect(socket.written).toEqual(['a'])
    clock.advance(3_000)
    expect(socket.written).toEqual(['a', 'b'])
  })

  test('tcp.slow: a write takes as long as its bytes', () => {
    inject('tcp.slow', { bytesPerSecond: 2 })
    write('ab', 'cdef')
    clock.advance(1_000)
    expect(socket.written).toEqual(['ab'])
    clock.advance(2_000)
    expect(socket.written).toEqual(['ab', 'cdef'])
  })

  test('tcp.cut: the bytes that are left pass, then the connection is lost', () => {
    inject('tcp.cut', { bytes: 3 })
    write('ab', 'cd', 'e')
    expect([socket.written, gone, socket.destroyed]).toEqual([['ab', 'c'], ['fault'], true])
  })

  test('tcp.cut with no bytes left loses the connection at once', () => {
    inject('tcp.cut')
    expect([gone, socket.destroyed]).toEqual([['fault'], true])
  })
})

describe('the end of a fault', () => {
  const ends: readonly [string, () => void][] = [
    ['its duration is over', () => clock.advance(60_000)],
    ['it is disarmed', () => hub.faults.disarm()],
    ['another one replaces it', () => inject('tcp.split')],
  ]
  const holding: readonly [string, FaultDefinition['parameters']][] = [
    ['tcp.stall', {}],
    ['tcp.slow', { bytesPerSecond: 1 }],
    ['tcp.delay', { seconds: 600 }],
    ['tcp.coalesce', { seconds: 600 }],
  ]
  test.each(
    holding.flatMap(([name, parameters]) => ends.map(([when, end]) => ({ name, parameters, when, end }))),
  )('$name: what is held leaves in order when $when', ({ name, parameters, end }) => {
    inject(name, parameters, 60)
    write('abcdefghijklmnopqrstuvwxyz'.repeat(10), '1')
    expect(socket.written).toEqual([])
    end()
    write('2')
    expect(socket.written.join('')).toBe(`${'abcdefghijklmnopqrstuvwxyz'.repeat(10)}12`)
    clock.advance(3_600_000)
    expect(socket.written.join('')).toHaveLength(262)
  })

  test.each(ends)('tcp.stall: what the client sent meanwhile is read when %s', async (_when, end) => {
    inject('tcp.stall', {}, 60)
    await arrive('a')
    expect(received).toBe('')
    end()
    await arrive('b')
    expect(received).toBe('ab')
  })

  test.each(ends)(
    'tcp.blackhole: what passed meanwhile is lost in both directions when %s',
    async (_when, end) => {
      inject('tcp.blackhole', {}, 60)
      write('a')
      await arrive('a')
      end()
      write('b')
      await arrive('b')
      expect([socket.written, received]).toEqual([['b'], 'b'])
    },
  )

  test.each(['in', 'out'])('direction %s leaves the other one open', async (direction) => {
    inject('tcp.stall', { direction })
    write('a')
    await arrive('a')
    expect([socket.written.join(''), received]).toEqual(direction === 'in' ? ['a', ''] : ['', 'a'])
  })

  test('tcp.cut: no connection is lost after it', () => {
    inject('tcp.cut', { bytes: 3 })
    write('ab')
    hub.faults.disarm()
    write('cdef')
    expect([socket.written.join(''), gone]).toEqual(['abcdef', []])
  })

  test('does nothing to a stream that is gone', () => {
    inject('tcp.stall')
    write('a')
    stream.destroy()
    hub.faults.disarm()
    expect(socket.written).toEqual([])
  })
})

describe('the hub closes the stream', () => {
  test('after what a fault has delayed', async () => {
    inject('tcp.delay', { seconds: 5 })
    write('a')
    stream.hangUp()
    write('b')
    expect([socket.written, socket.ended]).toEqual([[], false])
    clock.advance(5_000)
    await new Promise((resolve) => process.nextTick(resolve))
    expect([socket.written, socket.ended]).toEqual([['a'], true])
  })

  test.each(['tcp.stall', 'tcp.blackhole'])(
    'under %s: the client sees it when the fault ends',
    async (name) => {
      inject(name)
      stream.hangUp()
      clock.advance(60_000)
      expect([socket.ended, socket.destroyed]).toEqual([false, false])
      hub.faults.disarm()
      await new Promise((resolve) => process.nextTick(resolve))
      expect(socket.ended).toBe(true)
    },
  )

  test('and destroys it when the client does not close its side', () => {
    stream.hangUp()
    clock.advance(5_000)
    expect(socket.destroyed).toBe(true)
  })
})

describe('over MQTT', () => {
  test.each([
    ['its duration is over', () => clock.advance(10_000)],
    ['it is disarmed', () => hub.faults.disarm()],
  ])('tcp.stall ends when %s, and the PUBACK arrives', async (_when, end) => {
    const server = await createMqttServer(hub)
    const { primaryKey } = hub.registry.create({ deviceId: 'd1' }).authentication.symmetricKey
    const [near, far] = duplexPair()
    const client = new RawClient(near, far)
    server.accept(far, { transport: 'mqtt', peer: 'test' })
    client.connect({
      clientId: 'd1',
      username: 'localhost/d1/?api-version=2021-04-12',
      password: Buffer.from(sasToken('localhost%2Fdevices%2Fd1', primaryKey ?? '', 4_000_000_000)),
    })
    await client.take('connack')
    hub.faults.arm({ name: 'tcp.stall', durationSeconds: 10 })
    client.send({
      ...{ cmd: 'publish', topic: 'devices/d1/messages/events/', payload: 'x' },
      ...{ qos: 1, messageId: 7, dup: false, retain: false },
    })
    await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)))
    expect(hub.telemetry.messages).toEqual([])
    end()
    expect(await client.take('puback')).toMatchObject({ messageId: 7 })
    await server.stop()
  })
})
