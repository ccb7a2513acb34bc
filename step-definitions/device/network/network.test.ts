import { createSocket } from 'node:dgram'
import { decode, encode } from 'dns-packet'
import { ManualClock } from 'mock-iot-hub'
import { afterEach, expect, test } from 'vitest'
import { DnsResponder, TTL_SECONDS } from './dns.ts'
import { sntpQuestion, SntpResponder, sntpTime } from './sntp.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function ask(port: number, question: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  stops.push(() => socket.close())
  return new Promise((resolve) => {
    socket.on('message', resolve)
    socket.send(question, port, '127.0.0.1')
  })
}

const query = (name: string, type: 'A' | 'AAAA' = 'A'): Buffer =>
  encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type, name }] })

async function responder(others?: string): Promise<{ dns: DnsResponder; heard: string[] }> {
  const heard: string[] = []
  const dns = await DnsResponder.start({
    ...{ address: '127.0.0.1', port: 0, hostName: 'hub.iot.test', others },
    asked: (name, answer) => heard.push(`${name} ${answer}`),
  })
  stops.push(() => {
    dns.stop()
  })
  return { dns, heard }
}

test('DUT-NET-03: the name of the hub leads where the bench says, and moves', async () => {
  const { dns, heard } = await responder()
  const first = decode(await ask(dns.port, query('Hub.IoT.test')))
  expect(first).toMatchObject({ id: 7, rcode: 'NOERROR' })
  expect(first.answers).toMatchObject([{ type: 'A', data: '127.0.0.1', ttl: TTL_SECONDS }])
  dns.leadsTo = '127.0.0.9'
  expect(decode(await ask(dns.port, query('hub.iot.test'))).answers).toMatchObject([{ data: '127.0.0.9' }])
  expect(heard).toEqual(['Hub.IoT.test 127.0.0.1', 'hub.iot.test 127.0.0.9'])
})

test('DUT-NET-04: it fails on demand; an address of IPv6 is not there; another name leads nowhere, or to the bench', async () => {
  const { dns } = await responder()
  expect(decode(await ask(dns.port, query('hub.iot.test', 'AAAA')))).toMatchObject({
    rcode: 'NOERROR',
    answers: [],
  })
  expect(decode(await ask(dns.port, query('pool.ntp.org')))).toMatchObject({ rcode: 'NXDOMAIN' })
  dns.fails = true
  expect(decode(await ask(dns.port, query('hub.iot.test')))).toMatchObject({ rcode: 'SERVFAIL', answers: [] })
  const { dns: other } = await responder('127.0.0.1')
  expect(decode(await ask(other.port, query('pool.ntp.org'))).answers).toMatchObject([{ data: '127.0.0.1' }])
})

test('DUT-TOK-08: the time of the bench, and an offset', async () => {
  const clock = new ManualClock()
  const heard: number[] = []
  const ntp = await SntpResponder.start({
    ...{ address: '127.0.0.1', port: 0, clock },
    asked: (offset) => heard.push(offset),
  })
  stops.push(() => {
    ntp.stop()
  })
  expect(sntpTime(await ask(ntp.port, sntpQuestion()))).toBeCloseTo(clock.now(), -1)
  ntp.offsetSeconds = -7_200
  expect(sntpTime(await ask(ntp.port, sntpQuestion()))).toBeCloseTo(clock.now() - 7_200_000, -1)
  expect(heard).toEqual([0, -7_200])
})
