import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
  IoTHubModuleClient,
  OperationCancelled,
  OperationTimeout,
  ServiceError,
} from '../index.ts'
import { serverCertificate } from '../testing/certificates.ts'
import { DEVICE, deviceOn, MODULE } from '../testing/clients.ts'
import { IoTHubDeviceClient } from '../index.ts'
import { ManualClock } from '../testing/manual-clock.ts'

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

let server: Server
let ca: string
let port: number
let asked: Asked[]
let answer: (response: ServerResponse, request: IncomingMessage) => void

const json = (status: number, body: unknown) => (response: ServerResponse) => {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
const INFO = { correlationId: 'c', hostName: 's', containerName: 'k', blobName: 'd1/a b/c', sasToken: '?sig' }

beforeEach(async () => {
  const { cert, key } = await serverCertificate()
  ca = cert
  asked = []
  answer = json(200, INFO)
  server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      asked.push({ method, url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) })
      server.emit('asked')
      answer(response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe('blob calls', () => {
  it('post to the hub without MQTT (DEV-BLOB-01 … DEV-BLOB-04, SRC-24)', async () => {
    const client = deviceOn({ ca, port }, { productInfo: 'My Product/1' })
    expect(await client.getStorageInfoForBlob('a b/c')).toEqual(INFO)
    expect(client.connected).toBe(false)
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: '/devices/d1/files?api-version=2019-10-01',
      body: { blobName: 'a b/c' },
    })
    expect(asked[0]?.headers).toMatchObject({ host: 'localhost', accept: 'application/json' })
    expect(asked[0]?.headers.authorization).toMatch(/^SharedAccessSignature sr=localhost%2Fdevices%2Fd1&/)
    expect(asked[0]?.headers['user-agent']).toMatch(/My\+Product%2F1$/)
  })

  it('notify with all four fields (DEV-NOTIFY-01, DEV-NOTIFY-03, DEV-NOTIFY-04, DEV-NOTIFY-05)', async () => {
    answer = (response) => response.writeHead(204).end()
    expect(await deviceOn({ ca, port }).notifyBlobUploadStatus('c', false, 403, 'no')).toBeUndefined()
    expect(asked[0]).toMatchObject({
      url: '/devices/d1/files/notifications?api-version=2019-10-01',
      body: { correlationId: 'c', isSuccess: false, statusCode: 403, statusDescription: 'no' },
    })
  })

  it.each([
    [401, CredentialError],
    [403, CredentialError],
    [302, ClientError],
    [400, ClientError],
    [404, ClientError],
    [429, ClientError],
    [500, ClientError],
  ])('answered %i fail with their cause (DEV-BLOB-05, DEV-BLOB-09, SRC-25)', async (status, kind) => {
    answer = json(status, { errorCode: 400014, trackingId: 't', message: 'ErrorCode:X' })
    const error = await deviceOn({ ca, port })
      .getStorageInfoForBlob('b')
      .catch((caught: unknown) => caught)
    expect((error as Error).constructor).toBe(kind)
    expect((error as Error).cause).toBeInstanceOf(ServiceError)
    expect((error as Error).cause).toMatchObject({ status, errorCode: 400014, trackingId: 't' })
  })

  it('fail when the response is not JSON', async () => {
    answer = (response) => response.writeHead(200).end('{nonsense')
    await expect(deviceOn({ ca, port }).getStorageInfoForBlob('b')).rejects.toBeInstanceOf(ClientError)
  })

  it('fail when the connection is lost after the request (DEV-BLOB-07)', async () => {
    answer = (_response, request) => request.socket.destroy()
    await expect(deviceOn({ ca, port }).getStorageInfoForBlob('b')).rejects.toBeInstanceOf(
      ConnectionDroppedError,
    )
  })

  it('fail when no server listens (DEV-BLOB-06)', async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await expect(deviceOn({ ca, port }).getStorageInfoForBlob('b')).rejects.toBeInstanceOf(
      ConnectionFailedError,
    )
    server.listen(0)
  })

  it('time out after 10 s without a response (DEV-BLOB-08)', async () => {
    const clock = new ManualClock()
    answer = () => undefined
    const reached = new Promise((resolve) => server.once('asked', resolve))
    const calling = deviceOn({ ca, port }, { extensions: { clock } }).getStorageInfoForBlob('b')
    const failed = expect(calling).rejects.toBeInstanceOf(OperationTimeout)
    await reached
    clock.advance(10_000)
    await failed
  })

  it('are cancelled by a signal', async () => {
    answer = () => undefined
    const controller = new AbortController()
    const reached = new Promise((resolve) => server.once('asked', resolve))
    const calling = deviceOn({ ca, port }).getStorageInfoForBlob('b', { signal: controller.signal })
    const failed = expect(calling).rejects.toBeInstanceOf(OperationCancelled)
    await reached
    controller.abort()
    await failed
  })
})

describe('the gateway', () => {
  it('is dialed, while Host and token name the hub', async () => {
    const key = /SharedAccessKey=(.*)/.exec(DEVICE)?.[1] ?? ''
    const client = IoTHubDeviceClient.createFromSymmetricKey(key, 'hub.invalid', 'd1', {
      gatewayHostname: 'localhost',
      serverVerificationCert: ca,
      extensions: { endpoint: { httpsPort: port } },
    })
    await client.getStorageInfoForBlob('b')
    expect(asked[0]?.headers.host).toBe('hub.invalid')
    expect(asked[0]?.headers.authorization).toContain('sr=hub.invalid%2Fdevices%2Fd1')
  })
})

describe('invokeMethod', () => {
  it('is refused for clients that were not created from the Edge environment (MOD-INVOKE-11)', async () => {
    const client = IoTHubModuleClient.createFromConnectionString(MODULE, {
      serverVerificationCert: ca,
      extensions: { endpoint: { host: '127.0.0.1', httpsPort: port } },
    })
    await expect(client.invokeMethod({ methodName: 'm' }, 'd2')).rejects.toBeInstanceOf(ClientError)
    expect(asked).toEqual([])
  })
})
