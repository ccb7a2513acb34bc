import { stat } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { errorOf, openTestServer, type Answer, type TestServer } from '../../testing/test-server.ts'

let server: TestServer
let container: string
beforeEach(async () => {
  server = await openTestServer()
  container = `https://localhost/${server.storage.containerName}`
})
afterEach(() => server.stop())

type Row = Record<string, unknown>
interface Section extends Row {
  $version?: number
  $metadata?: Row
}
type Line = Row & { properties: { desired: Section; reported: Section } }

const create = (body: object): Promise<Answer> => server.call('POST', '/jobs/create', { body })
const job = async (jobId: unknown): Promise<Row> =>
  (await server.call('GET', `/jobs/${String(jobId)}`)).json as Row

/** Runs a job to its end. */
async function run(body: object): Promise<Row> {
  const { json, status, text: told } = await create(body)
  expect([status, told]).toMatchObject([200, expect.any(String)])
  const { jobId } = json as { jobId: string }
  server.clock.advance(0)
  // The storage is on the disk: each turn of the loop lets it work.
  for (let turn = 0; turn < 10_000; turn++) {
    await stat('.')
    const { importExport } = server.services
    const now = importExport.get(jobId)
    if (now['status'] === 'completed' || now['status'] === 'failed') return await job(jobId)
  }
  throw new Error(`job ${jobId} does not end`)
}
const exported = (more: object = {}): Promise<Row> =>
  run({ type: 'export', outputBlobContainerUri: container, ...more })
const imported = (more: object = {}): Promise<Row> =>
  run({ type: 'import', inputBlobContainerUri: container, outputBlobContainerUri: container, ...more })

async function linesOf(blobName: string): Promise<readonly Line[]> {
  const info = server.storage.store.find(blobName)
  expect(info, blobName).toBeDefined()
  if (info === undefined || info.size === 0) return []
  const content = await text(server.storage.store.content(blobName, 0, info.size - 1))
  return content.split('\r\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]))
}
async function write(lines: readonly unknown[], blobName = 'devices.txt'): Promise<void> {
  const content = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\r\n')
  await server.storage.store.put(blobName, Readable.from([Buffer.from(content)]), {
    contentType: 'text/plain',
    others: {},
  })
}

describe('WIRE-JOB-10: the document of an import or export job', () => {
  test('fields without a value are left out; the input is in the answer to the creation alone', async () => {
    const body = { type: 'import', inputBlobContainerUri: container, outputBlobContainerUri: container }
    await write([])
    const { json } = await create(body)
    const common = {
      jobId: expect.any(String) as unknown,
      startTimeUtc: expect.any(String) as unknown,
      type: 'import',
      progress: 0,
      outputBlobContainerUri: container,
      excludeKeysInExport: false,
      useSecondaryStorageAsSource: false,
    }
    expect(json).toEqual({ ...common, status: 'enqueued', inputBlobContainerUri: container })
    const { jobId } = json as { jobId: string }
    expect(await job(jobId)).toEqual({ ...common, status: 'enqueued' })
    expect((await server.call('GET', '/jobs')).json).toEqual([{ ...common, status: 'enqueued' }])
  })

  test('an end, a reason and what the request said are there when they are', async () => {
    expect(await imported({ inputBlobName: 'missing.txt', storageAuthenticationType: 'KeyBased' })).toEqual({
      jobId: expect.any(String) as unknown,
      startTimeUtc: expect.any(String) as unknown,
      endTimeUtc: expect.any(String) as unknown,
      type: 'import',
      status: 'failed',
      progress: 0,
      inputBlobName: 'missing.txt',
      outputBlobContainerUri: container,
      excludeKeysInExport: false,
      storageAuthenticationType: 'keyBased',
      useSecondaryStorageAsSource: false,
      failureReason: expect.stringMatching(/^ErrorCode:InvalidStorageEndpointOrBlob;/) as unknown,
    })
  })
})

describe('WIRE-JOB-06: twins in export and import', () => {
  test('a line has the fields of the documentation, metadata and versions of both sections included', async () => {
    const { registry, twins } = server.hub
    registry.create({ deviceId: 'a' }, { statusReason: 'why' })
    registry.create({ deviceId: 'a', moduleId: 'm' }, { managedBy: 'me' })
    twins.patch({ deviceId: 'a' }, { tags: { site: 1 }, desired: { on: true } }, '*')
    twins.patchReported({ deviceId: 'a' }, { now: 19 })
    expect(await exported()).toMatchObject({ status: 'completed', progress: 100 })
    const [device, module] = await linesOf('devices.txt')
    expect(Object.keys(device ?? {})).toEqual([
      ...['id', 'eTag', 'status', 'statusReason', 'authentication'],
      ...['twinETag', 'tags', 'properties', 'capabilities'],
    ])
    expect(device).toMatchObject({
      id: 'a',
      status: 'enabled',
      statusReason: 'why',
      tags: { site: 1 },
      properties: {
        desired: { on: true, $version: 2, $metadata: { on: { $lastUpdatedVersion: 2 } } },
        reported: {
          now: 19,
          $version: 2,
          $metadata: { now: { $lastUpdated: expect.any(String) as unknown } },
        },
      },
      capabilities: { iotEdge: false },
    })
    expect(Object.keys(module ?? {})).toEqual([
      ...['id', 'moduleId', 'eTag', 'status', 'authentication'],
      ...['twinETag', 'tags', 'properties', 'capabilities'],
    ])
  })

  test('without keys there is no authentication', async () => {
    server.hub.registry.create({ deviceId: 'a' })
    await exported({ excludeKeysInExport: true })
    expect(await linesOf('devices.txt')).toMatchObject([{ id: 'a', authentication: null }])
  })

  test('an export comes back as it was, into a hub that has none of it', async () => {
    const { registry, twins } = server.hub
    registry.create({ deviceId: 'gateway' }, { iotEdge: true })
    const { deviceScope } = registry.get({ deviceId: 'gateway' })
    registry.create({ deviceId: 'leaf' }, { status: 'disabled', statusReason: 'why', deviceScope })
    registry.create({ deviceId: 'leaf', moduleId: 'm' })
    twins.patch({ deviceId: 'leaf' }, { tags: { site: 1 }, desired: { a: { b: [1] } } }, '*')
    twins.patch({ deviceId: 'leaf' }, { desired: { c: 1 } }, '*')
    twins.patchReported({ deviceId: 'leaf' }, { now: 19 })
    const [before, keys] = [
      twins.get({ deviceId: 'leaf' }),
      registry.get({ deviceId: 'leaf' }).authentication,
    ]
    await exported()
    const lines = await linesOf('devices.txt')
    registry.remove({ deviceId: 'leaf' }, '*')
    server.clock.advance(60_000)
    await write(lines.filter(({ id }) => id === 'leaf'))
    expect(await imported()).toMatchObject({ status: 'completed' })
    expect(await linesOf('importErrors.log')).toEqual([])
    const { tags, desired, reported } = twins.get({ deviceId: 'leaf' })
    expect({ tags, desired, reported }).toEqual({
      tags: before.tags,
      desired: before.desired,
      reported: before.reported,
    })
    expect(registry.get({ deviceId: 'leaf' })).toMatchObject({
      status: 'disabled',
      statusReason: 'why',
      deviceScope,
      authentication: keys,
    })
    expect(registry.find({ deviceId: 'leaf', moduleId: 'm' })).toBeDefined()
  })

  test('a line without a mode overwrites what is there; without metadata only times and versions are new', async () => {
    const { registry, twins } = server.hub
    registry.create({ deviceId: 'a' })
    twins.patch({ deviceId: 'a' }, { tags: { old: 1 }, desired: { old: 1 } }, '*')
    await write([
      { id: 'a', status: 'disabled', tags: { t: 1 }, properties: { desired: { d: 1 }, reported: { r: 1 } } },
    ])
    await imported()
    expect(registry.get({ deviceId: 'a' }).status).toBe('disabled')
    const stamp = { $lastUpdated: expect.stringMatching(/^2/) as unknown }
    expect(twins.get({ deviceId: 'a' })).toMatchObject({
      tags: { t: 1 },
      desired: { properties: { d: 1 }, version: 3, metadata: { d: { ...stamp, $lastUpdatedVersion: 3 } } },
      reported: { properties: { r: 1 }, version: 2, metadata: { r: stamp } },
    })
    expect(twins.get({ deviceId: 'a' }).desired.properties).not.toHaveProperty('old')
  })

  test('metadata that is none, or of nodes that are not there, does not count', async () => {
    const { twins } = server.hub
    const $metadata = { $lastUpdated: 7, $lastUpdatedVersion: 'x', d: 5, ghost: { $lastUpdated: 'x' } }
    await write([{ id: 'a', properties: { desired: { d: 1, $metadata, $version: -3 } } }])
    await imported()
    const { metadata, version } = twins.get({ deviceId: 'a' }).desired
    const stamp = { $lastUpdated: '0001-01-01T00:00:00Z', $lastUpdatedVersion: 1 }
    expect([metadata, version]).toEqual([{ ...stamp, d: stamp }, 1])
  })

  test('a twin that is refused leaves no identity behind', async () => {
    await write([{ id: 'a', properties: { reported: { 'a.b': 1 } } }])
    await imported()
    expect(server.hub.registry.find({ deviceId: 'a' })).toBeUndefined()
    expect(await linesOf('importErrors.log')).toEqual([
      { deviceId: 'a', errorCode: 400004, errorStatus: 'a' },
    ])
  })
})

test('WIRE-JOB-08: an error line has the id where a text could be', async () => {
  server.hub.registry.create({ deviceId: 'there' })
  const deep = `{"id":"deep","tags":${'['.repeat(50_000)}`
  await write([
    { id: 'there', importMode: 'create' },
    { id: 'gone', importMode: 'delete' },
    { id: 'e', moduleId: '$edgeAgent' },
    { status: 'enabled' },
    'no JSON',
    '7',
    deep,
    { id: 'fine' },
  ])
  expect(await imported()).toMatchObject({ status: 'completed' })
  expect(await linesOf('importErrors.log')).toEqual([
    { deviceId: 'there', errorCode: 409001, errorStatus: 'there' },
    { deviceId: 'gone', errorCode: 404001, errorStatus: 'gone' },
    { deviceId: 'e', errorCode: 401100, errorStatus: 'e' },
    ...Array.from({ length: 4 }, () => ({ deviceId: '', errorCode: 400012, errorStatus: '' })),
  ])
  expect(server.hub.registry.find({ deviceId: 'fine' })).toBeDefined()
})

describe('WIRE-JOB-07: configurations in export and import', () => {
  const body = {
    labels: { by: 'test' },
    content: { deviceContent: { 'properties.desired.x': 4 } },
    targetCondition: "deviceId='none'",
    priority: 2,
    metrics: { queries: { ok: 'select deviceId from devices where properties.reported.x = 4' } },
  }
  const get = (id: string): Promise<Answer> => server.call('GET', `/configurations/${id}`)

  test('they are written to configurations.txt, and come back', async () => {
    await server.call('PUT', '/configurations/one', { body })
    const before = (await get('one')).json as Row
    expect(await exported({ includeConfigurations: true })).toMatchObject({ includeConfigurations: true })
    expect(await linesOf('configurations.txt')).toMatchObject([{ id: 'one', ...body }])
    await server.call('DELETE', '/configurations/one')
    await imported({ includeConfigurations: true })
    expect((await get('one')).json).toMatchObject({ ...body, etag: before['etag'] })
    expect(await linesOf('importErrors.log')).toEqual([])
  })

  test('the blob may have another name; without includeConfigurations there is none', async () => {
    await server.call('PUT', '/configurations/one', { body })
    await exported()
    expect(server.storage.store.find('configurations.txt')).toBeUndefined()
    const configurationsBlobName = 'other.txt'
    expect(await exported({ includeConfigurations: true, configurationsBlobName })).toMatchObject({
      configurationsBlobName,
    })
    expect(await linesOf(configurationsBlobName)).toHaveLength(1)
  })

  test('createOrUpdateIfMatchETag is the only mode; a stale etag and bad content are errors', async () => {
    await server.call('PUT', '/configurations/one', { body })
    await write([])
    await write(
      [
        { id: 'one', ...body, priority: 3, importMode: 'CreateOrUpdateIfMatchETag' },
        { id: 'stale', ...body, etag: 'MQ==' },
        { id: 'one', ...body, etag: 'c3RhbGU=' },
        { id: 'mode', ...body, importMode: 'delete' },
        { id: 'bad', content: {} },
      ],
      'configurations.txt',
    )
    await imported({ includeConfigurations: true })
    expect((await get('one')).json).toMatchObject({ priority: 3 })
    expect((await get('stale')).status).toBe(200)
    expect(await linesOf('importErrors.log')).toMatchObject([
      { deviceId: 'one', errorCode: 412001 },
      { deviceId: 'mode', errorCode: 400004 },
      { deviceId: 'bad', errorCode: 400402 },
    ])
  })
})

test('WIRE-JOB-09: the hub’s own identity opens its own storage; another identity is refused', async () => {
  const identityBased = {
    type: 'export',
    outputBlobContainerUri: container,
    storageAuthenticationType: 'identityBased',
  }
  expect(await run(identityBased)).toMatchObject({
    status: 'completed',
    storageAuthenticationType: 'identityBased',
  })
  const identity = { userAssignedIdentity: '/subscriptions/s/…/userAssignedIdentities/i' }
  const refused = await create({ ...identityBased, identity })
  expect([refused.status, errorOf(refused).name]).toEqual([400, 'ManagedIdentityNotEnabled'])
  expect((await create({ ...identityBased, identity: {} })).status).toBe(200)
})

test.each([
  [{ type: 'export', storageAuthenticationType: 'magic' }, 'GenericBadRequest'],
  [{ type: 'export', includeConfigurations: 'yes' }, 'ArgumentInvalid'],
  [{ type: 'export', identity: 'me' }, 'ArgumentInvalid'],
  [{ type: 'backup' }, 'GenericBadRequest'],
  [{ type: 'export' }, 'BlobContainerValidationError'],
  [{}, 'ArgumentNull'],
])('WIRE-JOB-10: %j is refused as %s', async (body, name) => {
  expect(
    errorOf(await create({ outputBlobContainerUri: 'type' in body ? undefined : container, ...body })).name,
  ).toBe(name)
})
