/** Drives the levers of HTTPS, WebSocket, the workload API of IoT Edge, and of the clock. */

import { once } from 'node:events'
import type { RawData, WebSocket as Socket } from 'ws'
import { WebSocket } from 'ws'
import { fence, stage, type Drives } from './driven.ts'
import { DEVICE, type Stage } from './fault-bench.ts'
import { expect } from 'vitest'

export const borders: Drives = {}

const told = (): ReturnType<Stage['https']> => stage.https('POST', '/devices/d1/messages/events', '{}')
borders['http.status'] = async (name) => {
  stage.arm(name, { status: 503 })
  expect((await told()).status).toBe(503)
}
borders['http.body'] = async (name) => {
  stage.arm(name, { body: '<html>' })
  expect(await told()).toMatchObject({ status: 200, body: '<html>' })
}
borders['http.delay'] = async (name) => {
  stage.arm(name, { seconds: 5 })
  const answer = told()
  await stage.struck(name)
  stage.clock.advance(5_000)
  expect((await answer).status).toBe(204)
}
for (const name of ['http.close', 'http.refuse'])
  borders[name] = async () => {
    stage.arm(name)
    await expect(told()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await told()).status).toBe(204)
  }

borders['query.lag'] = async (name) => {
  stage.arm(name)
  stage.hub.registry.create({ deviceId: 'later' })
  const found = (): number =>
    stage.hub.services.queries.run("SELECT * FROM devices WHERE deviceId = 'later'").rows.length
  expect(found()).toBe(0)
  await stage.struck(name)
  expect(found()).toBe(1)
}

function upgrade(): Socket {
  const { httpsPort, caPem } = stage.hub
  const socket = new WebSocket(`wss://127.0.0.1:${String(httpsPort)}/$iothub/websocket`, 'mqtt', {
    ca: caPem,
  })
  socket.on('error', () => undefined)
  return socket
}
async function refusedUpgrade(): Promise<{ statusCode?: number; headers: Record<string, unknown> }> {
  const socket = upgrade()
  const [, answer] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number; headers: Record<string, unknown> },
  ]
  socket.terminate()
  return answer
}
borders['ws.status'] = async (name) => {
  stage.arm(name, { status: 503 })
  expect((await refusedUpgrade()).statusCode).toBe(503)
}
borders['ws.redirect'] = async (name) => {
  stage.arm(name, { location: '/elsewhere' })
  expect(await refusedUpgrade()).toMatchObject({ statusCode: 302, headers: { location: '/elsewhere' } })
}
borders['ws.wrong_protocol'] = async (name) => {
  stage.arm(name)
  const [error] = (await once(upgrade(), 'error')) as [Error]
  expect(error.message).toContain('subprotocol')
}
borders['ws.close'] = async (name) => {
  stage.arm(name, { code: 1_013 })
  expect(((await once(upgrade(), 'close')) as [number])[0]).toBe(1_013)
}
borders['ws.withhold'] = async (name) => {
  stage.arm(name)
  const socket = upgrade()
  await stage.struck(name)
  await fence()
  expect(socket.readyState).toBe(WebSocket.CONNECTING)
  socket.terminate()
}
borders['ws.fragment'] = async (name) => {
  stage.arm(name)
  const socket = upgrade()
  await once(socket, 'open')
  // A CONNECT of a protocol that is none: CONNACK 1, four bytes.
  socket.send(Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 9, 2, 0, 0, 0, 0]))
  const [data] = (await once(socket, 'message')) as [RawData]
  expect((data as Buffer).length).toBe(4)
  socket.terminate()
}

async function workload(path: string, init: RequestInit = {}): Promise<number> {
  const base = stage.hub.workload?.httpUri ?? ''
  return (await fetch(`${base}${path}?api-version=2021-12-07`, init)).status
}
borders['edge.trust_bundle.fail'] = async (name) => {
  stage.arm(name, { status: 503 })
  expect([await workload('/trust-bundle'), await workload('/trust-bundle')]).toEqual([503, 200])
}
borders['edge.sign.fail'] = async (name) => {
  stage.arm(name, { status: 503 })
  const { generationId } = stage.hub.registry.get({ ...DEVICE, moduleId: 'm1' })
  const body = JSON.stringify({ keyId: 'primary', algo: 'HMACSHA256', data: 'YQ==' })
  const path = `/modules/m1/genid/${generationId}/sign`
  expect(await workload(path, { method: 'POST', body })).toBe(503)
}
borders['edge.refuse'] = async (name) => {
  stage.arm(name)
  await expect(workload('/trust-bundle')).rejects.toThrow('fetch failed')
}
borders['clock.advance'] = (name) => {
  const before = stage.clock.now()
  stage.arm(name, { seconds: 3_600 })
  expect(stage.clock.now() - before).toBe(3_600_000)
  return Promise.resolve()
}
