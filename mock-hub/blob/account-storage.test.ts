import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestServer, type TestServer } from '../http/testing/test-server.ts'
import { AccountStorage } from './account-storage.ts'
import { queryOf } from '../http/blob/blob-request.ts'

const KEY = Buffer.from('any key').toString('base64')
let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())
const open = (connectionString: string): AccountStorage =>
  new AccountStorage({ connectionString, clock: server.clock, containerName: 'files', ca: server.ca })

describe('the account of a connection string', () => {
  test.each([
    [
      `DefaultEndpointsProtocol=https;AccountName=a1;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
      'a1.blob.core.windows.net',
    ],
    [`AccountName=a1;AccountKey=${KEY}`, 'a1.blob.core.windows.net'],
    [`AccountName=a1;AccountKey=${KEY};BlobEndpoint=https://localhost:10000/a1/`, 'localhost:10000/a1'],
    [`AccountName=a1;AccountKey=${KEY};BlobEndpoint=https://files.example`, 'files.example'],
  ])('%s', (connectionString, hostName) => {
    expect(open(connectionString).hostName).toBe(hostName)
  })

  test.each([
    ['', 'AccountName is required, got nothing'],
    [
      'AccountName=a1;AccountKey=QUI',
      'expected AccountKey to be base64 (+ and /, padded with =); given: a string',
    ],
    ['AccountName=a1', 'AccountKey is required, got AccountName'],
    [`AccountName=a1;AccountKey=${KEY};BlobEndpoint=nowhere`, 'BlobEndpoint must be a URL, got nowhere'],
  ])('%j is refused', (connectionString, text) => {
    expect(() => open(connectionString)).toThrow(text)
  })

  test('the key is never repeated', () => {
    expect(() => open(`AccountKey=${KEY}`)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(KEY) as unknown }) as Error,
    )
  })
})

test('WIRE-FILE-01: signs with the account’s key for read and write', () => {
  const sas = queryOf(open(`AccountName=a1;AccountKey=${KEY}`).sign('d/x', server.clock.now()))
  const text = `rw\n\n2026-01-01T00:00:00Z\n/blob/a1/files/d/x\n\n\n\n2021-12-02\nb\n\n\n\n\n\n\n`
  expect(sas.get('sig')).toBe(createHmac('sha256', Buffer.from(KEY, 'base64')).update(text).digest('base64'))
})

test('asks the account for blob sizes, over TLS', async () => {
  const { port } = await server.http.listen({ host: '127.0.0.1', port: 0 })
  const { account } = server.storage
  const storage = new AccountStorage({
    connectionString: `AccountName=${account.name};AccountKey=${account.key};BlobEndpoint=https://localhost:${String(port)}`,
    clock: server.clock,
    ca: server.ca,
  })
  const sas = storage.sign('d/a b', server.clock.now() + 1000)
  const headers = { 'x-ms-blob-type': 'BlockBlob' }
  const put = await server.call('PUT', `/uploads/d/a%20b${sas}`, {
    as: null,
    apiVersion: null,
    body: 'hello',
    headers,
  })
  expect(put.status).toBe(201)
  expect(await storage.find('d/a b')).toEqual({ size: 5, modifiedAt: server.clock.now() })
  expect(await storage.find('d/none')).toBeUndefined()
  await expect(storage.createContainer()).rejects.toThrow('creating container answered 404')
})
