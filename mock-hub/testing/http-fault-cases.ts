/** Cases of faults of HTTPS, queries, WebSocket, the workload API of IoT Edge, and the clock. */

import { once } from 'node:events'
import type { RawData, WebSocket as Socket } from 'ws'
import { WebSocket } from 'ws'
import { type FaultCases } from './fault-case.ts'
import { DEVICE, type FaultBench } from './fault-bench.ts'
import { expect } from 'vitest'

const cases: FaultCases = {}
export { cases as httpFaultCases }

const sendTelemetry = (bench: FaultBench): ReturnType<FaultBench['https']> =>
  bench.https('POST', '/devices/d1/messages/events', '{}')
cases['http.status'] = async (bench, name) => {
  bench.arm(name, { status: 503 })
  expect((await sendTelemetry(bench)).status).toBe(503)
}
cases['http.body'] = async (bench, name) => {
  bench.arm(name, { body: '<html>' })
  expect(await sendTelemetry(bench)).toMatchObject({ status: 200, body: '<html>' })
}
cases['http.delay'] = async (bench, name) => {
  bench.arm(name, { seconds: 5 })
  const answer = sendTelemetry(bench)
  await bench.untilFired(name)
  bench.clock.advance(5_000)
  expect((await answer).status).toBe(204)
}
for (const name of ['http.close', 'http.refuse'])
  cases[name] = async (bench) => {
    bench.arm(name)
    await expect(sendTelemetry(bench)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await sendTelemetry(bench)).status).toBe(204)
  }

cases['query.lag'] = async (bench, name) => {
  bench.arm(name)
  bench.hub.registry.create({ deviceId: 'later' })
  const found = (): number =>
    bench.hub.services.queries.run("SELECT * FROM devices WHERE deviceId = 'later'").rows.length
  expect(found()).toBe(0)
  await bench.untilFired(name)
  expect(found()).toBe(1)
}

function upgrade(bench: FaultBench): Socket {
  const { httpsPort, caPem } = bench.hub
  const socket = new WebSocket(`wss://127.0.0.1:${String(httpsPort)}/$iothub/websocket`, 'mqtt', {
    ca: caPem,
  })
  socket.on('error', () => undefined)
  return socket
}
async function refusedUpgrade(
  bench: FaultBench,
): Promise<{ statusCode?: number; headers: Record<string, unknown> }> {
  const socket = upgrade(bench)
  const [, answer] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number; headers: Record<string, unknown> },
  ]
  socket.terminate()
  return answer
}
cases['ws.status'] = async (bench, name) => {
  bench.arm(name, { status: 503 })
  expect((await refusedUpgrade(bench)).statusCode).toBe(503)
}
cases['ws.redirect'] = async (bench, name) => {
  bench.arm(name, { location: '/elsewhere' })
  expect(await refusedUpgrade(bench)).toMatchObject({ statusCode: 302, headers: { location: '/elsewhere' } })
}
cases['ws.wrong_protocol'] = async (bench, name) => {
  bench.arm(name)
  const [error] = (await once(upgrade(bench), 'error')) as [Error]
  expect(error.message).toContain('subprotocol')
}
cases['ws.close'] = async (bench, name) => {
  bench.arm(name, { code: 1_013 })
  expect(((await once(upgrade(bench), 'close')) as [number])[0]).toBe(1_013)
}
cases['ws.withhold'] = async (bench, name) => {
  bench.arm(name)
  const socket = upgrade(bench)
  await bench.untilFired(name)
  await bench.roundTrip()
  expect(socket.readyState).toBe(WebSocket.CONNECTING)
  socket.terminate()
}
cases['ws.fragment'] = async (bench, name) => {
  bench.arm(name)
  const socket = upgrade(bench)
  await once(socket, 'open')
  // A CONNECT with an unknown protocol level: CONNACK 1, four bytes.
  socket.send(Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 9, 2, 0, 0, 0, 0]))
  const [data] = (await once(socket, 'message')) as [RawData]
  expect((data as Buffer).length).toBe(4)
  socket.terminate()
}

async function workload(bench: FaultBench, path: string, init: RequestInit = {}): Promise<number> {
  const base = bench.hub.workload?.httpUri ?? ''
  return (await fetch(`${base}${path}?api-version=2021-12-07`, init)).status
}
cases['edge.trust_bundle.fail'] = async (bench, name) => {
  bench.arm(name, { status: 503 })
  expect([await workload(bench, '/trust-bundle'), await workload(bench, '/trust-bundle')]).toEqual([503, 200])
}
cases['edge.sign.fail'] = async (bench, name) => {
  bench.arm(name, { status: 503 })
  const { generationId } = bench.hub.registry.get({ ...DEVICE, moduleId: 'm1' })
  const body = JSON.stringify({ keyId: 'primary', algo: 'HMACSHA256', data: 'YQ==' })
  const path = `/modules/m1/genid/${generationId}/sign`
  expect(await workload(bench, path, { method: 'POST', body })).toBe(503)
}
cases['edge.refuse'] = async (bench, name) => {
  bench.arm(name)
  await expect(workload(bench, '/trust-bundle')).rejects.toThrow('fetch failed')
}
cases['clock.advance'] = (bench, name) => {
  const before = bench.clock.now()
  bench.arm(name, { seconds: 3_600 })
  expect(bench.clock.now() - before).toBe(3_600_000)
  return Promise.resolve()
}
