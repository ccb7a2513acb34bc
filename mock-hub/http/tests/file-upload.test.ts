import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
const as = { deviceId: 'd' }
beforeEach(async () => {
  server = await openTestServer()
  server.hub.registry.create(as)
  server.hub.registry.create({ deviceId: 'e' })
})
afterEach(() => server.stop())

interface Ticket {
  correlationId: string
  hostName: string
  containerName: string
  blobName: string
  sasToken: string
}
const start = (blobName = 'a/b.txt', path = '/devices/d/files'): Promise<Answer> =>
  server.call('POST', path, { as, body: { blobName } })
const ticket = async (blobName?: string): Promise<Ticket> => (await start(blobName)).json as Ticket
const blobPath = ({ containerName, blobName, sasToken }: Ticket): string =>
  `/${containerName}/${encodeURI(blobName)}${sasToken}`
const put = async (target: Ticket, body = 'hello'): Promise<number> => {
  const headers = { 'x-ms-blob-type': 'BlockBlob' }
  return (await server.call('PUT', blobPath(target), { as: null, apiVersion: null, body, headers })).status
}
const finish = (body: object, path = '/devices/d/files/notifications'): Promise<Answer> =>
  server.call('POST', path, { as, body })

describe('requesting an upload', () => {
  test('WIRE-FILE-01 WIRE-FILE-03: the answer has everything that a client needs', async () => {
    const { status, json } = await start()
    expect(status).toBe(200)
    expect(json).toEqual({
      correlationId: expect.any(String) as unknown,
      hostName: server.storage.hostName,
      containerName: 'uploads',
      blobName: 'd/a/b.txt',
      sasToken: expect.stringMatching(/^\?.*sr=b.*sp=rw.*sig=/) as unknown,
    })
  })

  test('WIRE-FILE-02: with a trailing slash', async () => {
    expect((await start('x', '/devices/d/files/')).status).toBe(200)
  })

  test.each([
    {},
    { blobName: 7 },
    { blobName: '' },
    { blobName: '../e/x' },
    { blobName: 'a/../../e' },
    { blobName: 'x'.repeat(2000) },
  ])('WIRE-FILE-01: %j is refused', async (body) => {
    expect((await server.call('POST', '/devices/d/files', { as, body })).status).toBe(400)
  })

  test('WIRE-FILE-09 WIRE-FILE-10: at most ten at a time; an expired SAS frees its slot', async () => {
    for (let count = 0; count < 10; count++) expect((await start(`f${String(count)}`)).status).toBe(200)
    const refused = await start('f10')
    expect(refused.status).toBe(403)
    expect(errorOf(refused).code).toBe(403006)
    expect(errorOf(refused).message).toMatch(/^Number of active file upload requests cannot exceed \d+$/)
    server.clock.advance(3_601_000)
    expect((await start('f10')).status).toBe(200)
  })
})

describe('upload and notification', () => {
  test('WIRE-FILE-04 WIRE-FILE-05 WIRE-FILE-11 WIRE-FILE-15: upload and report; the service receives a notification', async () => {
    const given = await ticket()
    expect(await put(given)).toBe(201)
    const body = {
      correlationId: given.correlationId,
      isSuccess: true,
      statusCode: 200,
      statusDescription: 'ok',
    }
    expect(await finish(body)).toMatchObject({ status: 204, text: '' })
    const path = '/messages/serviceBound/filenotifications'
    const notification = await server.call('GET', path)
    expect(notification).toMatchObject({
      status: 200,
      json: {
        deviceId: 'd',
        blobName: 'd/a/b.txt',
        blobUri: `https://${server.storage.hostName}/uploads/d/a/b.txt`,
        blobSizeInBytes: 5,
        lastUpdatedTime: expect.stringMatching(/T\d\d:\d\d:\d\d\+00:00$/) as unknown,
        enqueuedTimeUtc: expect.any(String) as unknown,
      },
    })
    const lock = String(notification.headers['etag']).slice(1, -1)
    expect((await server.call('DELETE', `${path}/${lock}`)).status).toBe(204)
    expect((await server.call('GET', path)).status).toBe(204)
  })

  test('WIRE-FILE-06: the correlation id in the path', async () => {
    const given = await ticket()
    await put(given)
    const path = `/devices/d/files/notifications/${encodeURIComponent(given.correlationId)}`
    expect((await finish({ isSuccess: true, statusCode: 200, statusDescription: '' }, path)).status).toBe(204)
  })

  test('WIRE-FILE-12: a success without a blob is refused', async () => {
    const { correlationId } = await ticket()
    const refused = await finish({ correlationId, isSuccess: true })
    expect(refused.headers['iothub-errorcode']).toBe('InvalidStorageEndpointOrBlob')
    expect(errorOf(refused).code).toBe(400020)
    expect((await finish({ correlationId, isSuccess: false })).status).toBe(204)
  })

  test.each([
    [138, 204],
    [139, 400],
  ])('WIRE-FILE-13 WIRE-HTTP-15: a name of %i characters, its id in the path: %i', async (length, status) => {
    const given = await ticket('x'.repeat(length))
    await put(given)
    const path = `/devices/d/files/notifications/${encodeURIComponent(given.correlationId)}`
    const answer = await finish({ isSuccess: true }, path)
    expect(answer.status).toBe(status)
    if (status === 204) return
    expect(answer.headers['content-type']).toBe('text/html; charset=us-ascii')
    expect(answer.text).toContain('HTTP Error 400. The request URL is invalid.')
    expect((await finish({ correlationId: given.correlationId, isSuccess: true })).status).toBe(204)
  })

  test('WIRE-FILE-07: an invalid, a used and another device’s correlation id', async () => {
    const given = await ticket()
    const { correlationId } = given
    await put(given)
    expect(errorOf(await finish({ correlationId: 'x', isSuccess: true })).code).toBe(400006)
    expect(errorOf(await finish({ isSuccess: true })).code).toBe(400006)
    const stolen = await server.call('POST', '/devices/e/files/notifications', {
      as: { deviceId: 'e' },
      body: { correlationId, isSuccess: true },
    })
    expect(errorOf(stolen).code).toBe(400015)
    expect((await finish({ correlationId, isSuccess: true })).status).toBe(204)
    expect(errorOf(await finish({ correlationId, isSuccess: true })).code).toBe(400015)
  })

  test('the SAS of one device gives no access to a blob of another', async () => {
    const given = await ticket()
    expect(await put({ ...given, blobName: 'e/a/b.txt' })).toBe(403)
  })

  test('WIRE-FILE-04: the SAS expires on the hub’s clock', async () => {
    const given = await ticket()
    server.clock.advance(3_600_000)
    expect(await put(given)).toBe(403)
  })
})
