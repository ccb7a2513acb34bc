/** Cases of faults of operations: twins, methods, telemetry, uploads. */

import type { RawClient } from '../mqtt/testing/raw-client.ts'
import { EVENTS, METHODS, publish, TWIN, type FaultCases } from './fault-case.ts'
import { DEVICE, type FaultBench } from './fault-bench.ts'
import { expect } from 'vitest'

const cases: FaultCases = {}
export { cases as operationFaultCases }

cases['twin.response.status'] = async (bench, name) => {
  const client = await bench.connected(TWIN)
  bench.arm(name, { status: 429 })
  client.send({ ...publish, topic: '$iothub/twin/GET/?$rid=1' })
  expect((await client.take('publish')).topic).toMatch(/^\$iothub\/twin\/res\/429\/\?\$rid=1/)
}
cases['twin.response.body'] = async (bench, name) => {
  const client = await bench.connected(TWIN)
  bench.arm(name, { body: '{"desired":' })
  client.send({ ...publish, topic: '$iothub/twin/GET/?$rid=1' })
  expect(String((await client.take('publish')).payload)).toBe('{"desired":')
}
cases['twin.response.unknown_rid'] = async (bench, name) => {
  const client = await bench.connected(TWIN)
  bench.arm(name, { requestId: 'nobody' })
  client.send({ ...publish, topic: '$iothub/twin/GET/?$rid=1' })
  expect((await client.take('publish')).topic).toContain('$rid=nobody')
}
/** Invokes a method; the device responds with 200 and `{"ok":true}`. */
async function method(bench: FaultBench): Promise<{ client: RawClient; called: Promise<unknown> }> {
  const client = await bench.connected(METHODS)
  const called = bench.hub.methods
    .invoke(DEVICE, { methodName: 'reboot', payload: '1', responseTimeoutInSeconds: 30 })
    .catch((error: unknown) => error)
  const requestId = /\$rid=(.+)$/.exec((await client.take('publish')).topic ?? '')?.[1] ?? ''
  client.send({ ...publish, topic: `$iothub/methods/res/200/?$rid=${requestId}`, payload: '{"ok":true}' })
  return { client, called }
}
cases['method.response.withhold'] = async (bench, name) => {
  bench.arm(name)
  const { called } = await method(bench)
  await bench.untilFired(name)
  bench.clock.advance(31_000)
  expect(await called).toMatchObject({ kind: 'GatewayTimeout' })
}
cases['method.response.delay'] = async (bench, name) => {
  bench.arm(name, { seconds: 5 })
  const { called } = await method(bench)
  await bench.untilFired(name)
  bench.clock.advance(5_000)
  expect(await called).toMatchObject({ status: 200, payload: { ok: true } })
}
cases['method.response.close'] = async (bench, name) => {
  bench.arm(name)
  const { client, called } = await method(bench)
  await client.closing()
  expect(await called).toBeInstanceOf(Error)
}
cases['method.response.status'] = async (bench, name) => {
  bench.arm(name, { status: 500 })
  expect(await (await method(bench)).called).toMatchObject({ status: 500, payload: { ok: true } })
}
cases['method.response.body'] = async (bench, name) => {
  bench.arm(name, { body: null })
  expect(await (await method(bench)).called).toMatchObject({ status: 200, payload: null })
}
cases['telemetry.accept.delay'] = async (bench, name) => {
  const client = await bench.connected()
  bench.arm(name, { seconds: 5 })
  client.send({ ...publish, topic: EVENTS, qos: 1, messageId: 1 })
  await bench.untilFired(name)
  expect(bench.hub.telemetry.messages).toEqual([])
  bench.clock.advance(5_000)
  await client.take('puback')
}
cases['telemetry.accept.status'] = async (bench, name) => {
  bench.arm(name, { status: 429 })
  expect((await bench.https('POST', '/devices/d1/messages/events', '{}')).status).toBe(429)
}
cases['file_upload.response.delay'] = async (bench, name) => {
  bench.arm(name, { seconds: 5 })
  const answer = bench.https('POST', '/devices/d1/files', '{"blobName":"a"}')
  await bench.untilFired(name)
  bench.clock.advance(5_000)
  expect((await answer).status).toBe(200)
}
cases['file_upload.response.status'] = async (bench, name) => {
  bench.arm(name, { status: 503 })
  expect((await bench.https('POST', '/devices/d1/files', '{"blobName":"a"}')).status).toBe(503)
}
cases['file_upload.storage.refuse'] = async (bench, name) => {
  bench.arm(name)
  const refused = await bench.https('PUT', '/uploads/d1/a', 'x')
  expect(refused.status).toBe(403)
  expect(refused.body).toContain(name)
}
