import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MockHub } from './mock-hub.ts'
import type { MockHubOptions } from './options.ts'
import { startMockHub } from './start.ts'

let directory: string
const hubs: MockHub[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-test-'))
})
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
  rmSync(directory, { recursive: true, force: true })
})

async function open(options: MockHubOptions = {}): Promise<MockHub> {
  const hub = await startMockHub({ dataDirectory: directory, controlPort: false, ...options })
  hubs.push(hub)
  return hub
}

/** Stops the hub and starts another one over its directory. */
async function again(options: MockHubOptions = {}): Promise<MockHub> {
  await hubs.pop()?.stop()
  return open(options)
}

test('identities, twins and messages are there after a restart', async () => {
  const first = await open({ seed: { devices: [{ deviceId: 'd1', modules: [{ moduleId: 'm1' }] }] } })
  first.registry.create({ deviceId: 'd2' })
  first.registry.remove({ deviceId: 'd1', moduleId: 'm1' }, '*')
  first.twins.patch({ deviceId: 'd2' }, { tags: { a: 1 }, desired: { b: 2 } }, '*')
  first.c2d.send(
    { deviceId: 'd1' },
    { body: Buffer.from('hello'), system: { messageId: 'x' }, properties: {} },
  )
  first.routes = ['FROM /messages/* INTO $upstream']
  const identities = first.identities()
  const { policies, caPem } = first
  const twin = first.twins.get({ deviceId: 'd2' })
  const second = await again({ seed: { devices: [{ deviceId: 'd1', modules: [{ moduleId: 'm1' }] }] } })
  expect(second.identities()).toEqual(JSON.parse(JSON.stringify(identities)))
  expect(second.policies).toEqual(policies)
  expect(second.caPem).toBe(caPem)
  expect(second.twins.get({ deviceId: 'd2' })).toEqual(twin)
  expect(second.routes).toEqual(['FROM /messages/* INTO $upstream'])
  expect(second.c2d.waiting({ deviceId: 'd1' }).map(({ message }) => message.body.toString())).toEqual([
    'hello',
  ])
  expect(
    second.c2d.send({ deviceId: 'd1' }, { body: Buffer.alloc(0), system: {}, properties: {} }).sequenceNumber,
  ).toBe(2)
})
