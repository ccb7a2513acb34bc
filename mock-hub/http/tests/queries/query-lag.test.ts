/** Queries that lag behind: setting `queryLagSeconds` and fault type `query.lag`. */

import { afterEach, describe, expect, test } from 'vitest'
import type { Settings } from '../../../core/contract/settings.ts'
import { connectDevice } from '../../testing/device.ts'
import { openTestServer, type TestServer } from '../../testing/test-server.ts'

let server: TestServer
afterEach(() => server.stop())

async function open(settings: Partial<Settings> = {}): Promise<void> {
  server = await openTestServer(settings)
}
async function rows(query: string): Promise<unknown> {
  const { status, json } = await server.call('POST', '/devices/query', { body: { query } })
  expect(status).toBe(200)
  return json
}
const ids = async (from = 'devices'): Promise<readonly string[]> =>
  ((await rows(`SELECT * FROM ${from}`)) as { deviceId: string; moduleId?: string }[]).map(
    ({ deviceId, moduleId }) => (moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`),
  )
const tag = (deviceId: string) => rows(`SELECT tags.a FROM devices WHERE deviceId = '${deviceId}'`)
const advance = (seconds: number) => {
  server.clock.advance(seconds * 1_000)
}

describe('WIRE-QRY-20: queryLagSeconds', () => {
  test('is 0: a query shows what has just been written', async () => {
    await open()
    server.hub.registry.create({ deviceId: 'a' })
    expect(await ids()).toEqual(['a'])
  })

  test('a device has its row so many seconds after its creation, a read has it at once', async () => {
    await open({ queryLagSeconds: 5 })
    server.hub.registry.create({ deviceId: 'a' })
    server.hub.registry.create({ deviceId: 'a', moduleId: 'm' })
    advance(4.999)
    expect([await ids(), await ids('devices.modules'), await tag('a')]).toEqual([[], [], []])
    expect((await server.call('GET', '/twins/a')).status).toBe(200)
    advance(0.001)
    expect([await ids(), await ids('devices.modules')]).toEqual([['a'], ['a/m']])
  })

  test('each write is seen in its turn', async () => {
    await open({ queryLagSeconds: 5 })
    server.hub.registry.create({ deviceId: 'a' })
    for (const a of [1, 2, 3]) {
      advance(2)
      server.hub.twins.patch({ deviceId: 'a' }, { tags: { a } }, '*')
    }
    const seen: unknown[] = []
    for (let step = 0; step < 4; step++) {
      seen.push(await tag('a'))
      advance(2)
    }
    expect(seen).toEqual([[{}], [{ a: 1 }], [{ a: 2 }], [{ a: 3 }]])
  })

  test('a deleted device keeps its row and its place; a new one of its name comes last', async () => {
    await open({ queryLagSeconds: 5 })
    const { registry, twins } = server.hub
    for (const deviceId of ['a', 'b', 'c']) registry.create({ deviceId })
    registry.create({ deviceId: 'b', moduleId: 'm' })
    twins.patch({ deviceId: 'b' }, { tags: { a: 1 } }, '*')
    advance(10)
    registry.remove({ deviceId: 'b' }, '*')
    registry.create({ deviceId: 'b' })
    expect([await ids(), await ids('devices.modules'), await tag('b')]).toEqual([
      ['a', 'b', 'c'],
      ['b/m'],
      [{ a: 1 }],
    ])
    advance(5)
    expect([await ids(), await ids('devices.modules'), await tag('b')]).toEqual([['a', 'c', 'b'], [], [{}]])
  })

  test('a registry write and a connection are writes too', async () => {
    await open({ queryLagSeconds: 5 })
    const { hub } = server
    hub.registry.create({ deviceId: 'a' })
    advance(10)
    hub.registry.update({ deviceId: 'a' }, { status: 'disabled' }, '*')
    expect(await rows("SELECT deviceId FROM devices WHERE status = 'enabled'")).toHaveLength(1)
    advance(5)
    expect(await rows("SELECT deviceId FROM devices WHERE status = 'enabled'")).toEqual([])

    hub.registry.create({ deviceId: 'b' })
    advance(10)
    connectDevice(hub, { deviceId: 'b' }, [])
    const connected = "SELECT deviceId FROM devices WHERE connectionState = 'Connected'"
    expect(await rows(connected)).toEqual([])
    advance(5)
    expect(await rows(connected)).toEqual([{ deviceId: 'b' }])
  })

  test('pages go on over rows that are gone meanwhile', async () => {
    await open({ queryLagSeconds: 5 })
    for (const deviceId of ['a', 'b', 'c', 'd']) server.hub.registry.create({ deviceId })
    advance(10)
    server.hub.registry.remove({ deviceId: 'b' }, '*')
    const query = { query: 'SELECT deviceId FROM devices' }
    const headers = { 'x-ms-max-item-count': '2' }
    const first = await server.call('POST', '/devices/query', { body: query, headers })
    const token = String(first.headers['x-ms-continuation'])
    const second = await server.call('POST', '/devices/query', {
      body: query,
      headers: { ...headers, 'x-ms-continuation': token },
    })
    expect([first.json, second.json]).toEqual([
      [{ deviceId: 'a' }, { deviceId: 'b' }],
      [{ deviceId: 'c' }, { deviceId: 'd' }],
    ])
  })

  test('a job finds its devices at once', async () => {
    await open({ queryLagSeconds: 5 })
    server.hub.registry.create({ deviceId: 'a' })
    const body = {
      jobId: 'j',
      type: 'scheduleUpdateTwin',
      queryCondition: '*',
      updateTwin: { etag: '*', tags: {} },
    }
    await server.call('PUT', '/jobs/v2/j', { body })
    advance(0)
    expect(await rows('SELECT * FROM devices.jobs')).toMatchObject([{ deviceId: 'a' }])
  })
})

describe('WIRE-QRY-20: query.lag', () => {
  test('makes one query lag 5 s, from the state at the arming on', async () => {
    await open()
    server.hub.registry.create({ deviceId: 'a' })
    server.hub.faults.arm({ name: 'query.lag' })
    server.hub.registry.create({ deviceId: 'b' })
    server.hub.twins.patch({ deviceId: 'a' }, { tags: { a: 1 } }, '*')
    expect(await ids()).toEqual(['a'])
    expect([await ids(), await tag('a')]).toEqual([['a', 'b'], [{ a: 1 }]])
  })

  test('lags as long as it is told, each time', async () => {
    await open()
    server.hub.faults.arm({ name: 'query.lag', count: 'always', parameters: { seconds: 60 } })
    server.hub.registry.create({ deviceId: 'a' })
    advance(59)
    expect(await ids()).toEqual([])
    advance(1)
    expect(await ids()).toEqual(['a'])
  })

  test('wins over the setting', async () => {
    await open({ queryLagSeconds: 5 })
    server.hub.registry.create({ deviceId: 'a' })
    server.hub.faults.arm({ name: 'query.lag', parameters: { seconds: 0 } })
    expect([await ids(), await ids()]).toEqual([['a'], []])
  })
})
