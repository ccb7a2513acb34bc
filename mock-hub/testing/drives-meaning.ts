/** Drives the levers of meaning: twins, methods, telemetry, uploads. */

import type { RawClient } from '../mqtt/testing/raw-client.ts'
import { EVENTS, METHODS, publish, stage, TWIN, type Drives } from './driven.ts'
import { DEVICE } from './fault-bench.ts'
import { expect } from 'vitest'

export const meaning: Drives = {}

meaning['twin.response.status'] = async (name) => {
  const client = await stage.connected(TWIN)
  stage.arm(name, { status: 429 })
  client.send({ ...publish, topic: '$iothub/twin/GET/?$rid=1' })
  expect((await client.take('publish')).topic).toMatch(/^\$iothub\/twin\/res\/429\/\?\$rid=1/)
}
meaning['twin.response.body'] = async (name) => {
  const client = await stage.connected(TWIN)
  stage.arm(name, { body: '{"desired":' })
  client.send({ ...publish, topic: '$iothub/twin/GET/?$rid=1' })
  expect(String((await client.take('publish')).payload)).toBe('{"desired":')
}
meaning['twin.response.unknown_rid'] = async (name) => {
  const client = await stage.connected(TWIN)
  stage.arm(name, { requestId: 'nobody' })
  client.send({ ...publish, topic: '$iothub/twin/GET/?$rid=1' })
  expect((await client.take('publish')).topic).toContain('$rid=nobody')
}
/** A method that the device answers with 200 and `{"ok":true}`. */
async function method(): Promise<{ client: RawClient; called: Promise<unknown> }> {
  const client = await stage.connected(METHODS)
  const called = stage.hub.methods
    .invoke(DEVICE, { methodName: 'reboot', payload: '1', responseTimeoutInSeconds: 30 })
    .catch((error: unknown) => error)
  const requestId = /\$rid=(.+)$/.exec((await client.take('publish')).topic ?? '')?.[1] ?? ''
  client.send({ ...publish, topic: `$iothub/methods/res/200/?$rid=${requestId}`, payload: '{"ok":true}' })
  return { client, called }
}
meaning['method.response.withhold'] = async (name) => {
  stage.arm(name)
  const { called } = await method()
  await stage.struck(name)
  stage.clock.advance(31_000)
  expect(await called).toMatchObject({ kind: 'GatewayTimeout' })
}
meaning['method.response.delay'] = async (name) => {
  stage.arm(name, { seconds: 5 })
  const { called } = await method()
  await stage.struck(name)
  stage.clock.advance(5_000)
  expect(await called).toEqual({ status: 200, payload: { ok: true } })
}
meaning['method.response.close'] = async (name) => {
  stage.arm(name)
  const { client, called } = await method()
  await client.closing()
  expect(await called).toBeInstanceOf(Error)
}
meaning['method.response.status'] = async (name) => {
  stage.arm(name, { status: 500 })
  expect(await (await method()).called).toEqual({ status: 500, payload: { ok: true } })
}
meaning['method.response.body'] = async (name) => {
  stage.arm(name, { body: null })
  expect(await (await method()).called).toEqual({ status: 200, payload: null })
}
meaning['telemetry.accept.delay'] = async (name) => {
  const client = await stage.connected()
  stage.arm(name, { seconds: 5 })
  client.send({ ...publish, topic: EVENTS, qos: 1, messageId: 1 })
  await stage.struck(name)
  expect(stage.hub.telemetry.messages).toEqual([])
  stage.clock.advance(5_000)
  await client.take('puback')
}
meaning['telemetry.accept.status'] = async (name) => {
  stage.arm(name, { status: 429 })
  expect((await stage.https('POST', '/devices/d1/messages/events', '{}')).status).toBe(429)
}
meaning['file_upload.response.delay'] = async (name) => {
  stage.arm(name, { seconds: 5 })
  const answer = stage.https('POST', '/devices/d1/files', '{"blobName":"a"}')
  await stage.struck(name)
  stage.clock.advance(5_000)
  expect((await answer).status).toBe(200)
}
meaning['file_upload.response.status'] = async (name) => {
  stage.arm(name, { status: 503 })
  expect((await stage.https('POST', '/devices/d1/files', '{"blobName":"a"}')).status).toBe(503)
}
