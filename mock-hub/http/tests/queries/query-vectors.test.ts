/** `features/vectors/queries.json` over REST: what others ask, and the rows that are due. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../base/json.ts'
import { errorOf, openTestServer, type TestServer } from '../../testing/test-server.ts'

interface Vector {
  readonly name: string
  readonly query?: string
  readonly target?: string
  readonly itemType?: string
  readonly ids?: readonly string[]
  readonly rows?: readonly JsonObject[]
  readonly refused?: number
}
interface Twin {
  readonly tags?: JsonObject
  readonly desired?: JsonObject
  readonly reported?: JsonObject
}
interface Registry {
  readonly devices: readonly (Twin & {
    readonly deviceId: string
    readonly status?: 'disabled'
    readonly iotEdge?: boolean
    readonly parent?: string
    readonly modules?: readonly (Twin & { readonly moduleId: string })[]
  })[]
  readonly configurations: readonly { readonly id: string }[]
  readonly jobs: readonly { readonly jobId: string; readonly type: string; readonly queryCondition: string }[]
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../../features/vectors', file), 'utf8'))
const VECTORS = read('queries.json') as readonly Vector[]

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
  await fill(read('query-registry.json') as Registry)
})
afterAll(() => server.stop())

async function fill({ devices, configurations, jobs }: Registry): Promise<void> {
  const { registry, twins } = server.hub
  const write = (identity: { deviceId: string; moduleId?: string }, { tags, desired, reported }: Twin) => {
    if (tags !== undefined || desired !== undefined) twins.patch(identity, { tags, desired }, '*')
    if (reported !== undefined) twins.patchReported(identity, reported)
  }
  for (const { deviceId, status, iotEdge, parent, modules = [], ...twin } of devices) {
    const deviceScope = parent === undefined ? undefined : scopeOf(parent)
    registry.create({ deviceId }, { status, iotEdge, deviceScope })
    write({ deviceId }, twin)
    for (const { moduleId, ...moduleTwin } of modules) {
      registry.create({ deviceId, moduleId })
      write({ deviceId, moduleId }, moduleTwin)
    }
  }
  for (const configuration of configurations)
    expect(
      (await server.call('PUT', `/configurations/${configuration.id}`, { body: configuration })).status,
    ).toBe(200)
  for (const job of jobs) {
    const body = { ...job, updateTwin: { etag: '*', properties: { desired: { job: 1 } } } }
    expect((await server.call('PUT', `/jobs/v2/${job.jobId}`, { body })).status).toBe(200)
    server.clock.advance(0)
  }
}

const scopeOf = (deviceId: string): string => String(server.hub.registry.get({ deviceId }).deviceScope)
const filled = <T extends Json | undefined>(value: T): T =>
  value === undefined
    ? value
    : (JSON.parse(
        JSON.stringify(value).replace(/\{scope:([^}]+)\}/g, (_, deviceId: string) => scopeOf(deviceId)),
      ) as T)

function idOf({ jobId, deviceId, moduleId }: Record<string, string>): string {
  const prefix = jobId === undefined ? '' : `${jobId}:`
  return `${prefix}${String(deviceId)}${moduleId === undefined ? '' : `/${moduleId}`}`
}

describe('WIRE-QRY-10: queries of others', () => {
  test.each(VECTORS.filter(({ query }) => query !== undefined))('$name', async (vector) => {
    const answer = await server.call('POST', '/devices/query', { body: { query: filled(vector.query) } })
    if (vector.refused !== undefined) {
      expect(errorOf(answer).code).toBe(vector.refused)
      return
    }
    expect([answer.status, answer.headers['x-ms-item-type']]).toEqual([200, vector.itemType])
    const rows = answer.json as readonly Record<string, string>[]
    if (vector.ids !== undefined) expect(rows.map(idOf)).toEqual(vector.ids)
    else expect(rows).toEqual(filled(vector.rows))
  })
})

describe('WIRE-QRY-10: conditions of jobs', () => {
  test.each(VECTORS.filter(({ target }) => target !== undefined))('$name', async ({ name, target, ids }) => {
    const jobId = `of-${String(VECTORS.findIndex((vector) => vector.name === name))}`
    const body = {
      jobId,
      type: 'scheduleUpdateTwin',
      queryCondition: filled(target),
      updateTwin: { etag: '*', tags: {} },
    }
    expect((await server.call('PUT', `/jobs/v2/${jobId}`, { body })).status).toBe(200)
    server.clock.advance(0)
    const { json } = await server.call('POST', '/devices/query', {
      body: { query: `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'` },
    })
    expect((json as Record<string, string>[]).map((row) => idOf(row).split(':')[1])).toEqual(ids)
  })
})
