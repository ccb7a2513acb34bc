import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

/** The cells of the table "If-Match" in docs/contract/registry.md. */
let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())

let last = 0
const CONTENT = { content: { deviceContent: { 'properties.desired.a': 1 } } }

/** A resource that exists, with its etag. */
interface Resource {
  readonly path: string
  readonly etag: string
  readonly body: object
}

const put = async (path: string, body: object): Promise<Resource> => {
  const { status, json } = await server.call('PUT', path, { body })
  expect(status).toBe(200)
  return { path, body, etag: (json as { etag: string }).etag }
}
const twinOf = async ({ path }: Resource): Promise<Resource> => {
  const twin = path.replace('/devices', '/twins')
  const { json } = await server.call('GET', twin)
  return { path: twin, body: { tags: { a: 1 } }, etag: (json as { etag: string }).etag }
}
const device = (): Promise<Resource> => put(`/devices/d${String(++last)}`, {})
const module = async (): Promise<Resource> => put(`${(await device()).path}/modules/m`, {})
const configuration = (): Promise<Resource> => put(`/configurations/c${String(++last)}`, CONTENT)
const digitalTwin = async (): Promise<Resource> => {
  const { path, etag } = await twinOf(await device())
  return { path: path.replace('/twins', '/digitaltwins'), etag, body: [{ op: 'add', path: '/a', value: 1 }] }
}

/** `{etag}` stands for the current one. The status of PUT on what exists, of another write of it, and of DELETE. */
const HEADERS: readonly (readonly [
  header: string | undefined,
  put: number,
  write: number,
  remove: number,
])[] = [
  [undefined, 409, 200, 204],
  ['', 409, 200, 204],
  ['""', 409, 200, 204],
  ['*', 200, 200, 204],
  ['"*"', 200, 200, 204],
  ['"{etag}"', 200, 200, 204],
  ['W/"{etag}"', 200, 200, 204],
  ['"c3RhbGU="', 412, 412, 412],
  ['{etag}', 409, 200, 412],
  ['c3RhbGU=', 409, 200, 412],
]

async function statusOf(method: string, resource: Resource, header: string | undefined): Promise<number> {
  const headers = header === undefined ? {} : { 'if-match': header.replace('{etag}', resource.etag) }
  const body = method === 'DELETE' ? {} : { body: resource.body }
  return (await server.call(method, resource.path, { headers, ...body })).status
}

test.each(HEADERS)(
  'WIRE-REG-23: a configuration, If-Match %j: PUT %i, DELETE',
  async (header, onPut, _write, onDelete) => {
    expect(await statusOf('PUT', await configuration(), header)).toBe(onPut)
    expect(await statusOf('DELETE', await configuration(), header)).toBe(onDelete)
  },
)

describe.each([
  ['device', device],
  ['module', module],
])('WIRE-REG-23 WIRE-REG-42 WIRE-REG-43: a %s', (_name, make) => {
  test.each(HEADERS)('If-Match %j: PUT, DELETE', async (header, onPut, _write, onDelete) => {
    const bare: Readonly<Record<string, number>> = { '{etag}': 200, 'c3RhbGU=': 412 }
    expect(await statusOf('PUT', await make(), header)).toBe(bare[header ?? ''] ?? onPut)
    const missing = header === undefined || header === '' || header === '""'
    expect(await statusOf('DELETE', await make(), header)).toBe(missing ? 412 : onDelete)
  })
})

describe.each([
  ['PATCH', 'device twin', async () => twinOf(await device())],
  ['PUT', 'device twin', async () => twinOf(await device())],
  ['PATCH', 'module twin', async () => twinOf(await module())],
  ['PUT', 'module twin', async () => twinOf(await module())],
] as const)('WIRE-TWIN-35 WIRE-TWIN-36: %s of a %s', (method, _name, make) => {
  test.each(HEADERS)('If-Match %j', async (header, _put, onWrite) => {
    expect(await statusOf(method, await make(), header)).toBe(onWrite)
  })
})

describe('PATCH of a digital twin', () => {
  test.each(HEADERS)('If-Match %j', async (header, _put, onWrite) => {
    expect(await statusOf('PATCH', await digitalTwin(), header)).toBe(onWrite === 200 ? 202 : onWrite)
  })
})
