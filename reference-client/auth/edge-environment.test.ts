import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type EdgeEnvironmentOptions,
  IoTHubModuleClient,
  OperationTimeout,
  OSError,
  ValueError,
} from '../index.ts'
import { serverCertificate } from '../testing/certificates.ts'
import { KEY } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { TestHub } from '../testing/test-hub.ts'

const MODULE_KEY = 'the key of the runtime'
let hub: TestHub
let workload: Server
let workloadUri: string
let asked: string[]
let directory: string
let broken: (request: IncomingMessage) => { status: number; body: string } | undefined

beforeEach(async () => {
  hub = await TestHub.start()
  asked = []
  broken = () => undefined
  directory = mkdtempSync(join(tmpdir(), 'edge-'))
  workload = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
      const refusal = broken(request)
      if (refusal !== undefined) {
        response.writeHead(refusal.status).end(refusal.body)
        return
      }
      if (request.method === 'GET') {
        response.end(JSON.stringify({ certificate: hub.ca }))
        return
      }
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: string }
      response.end(JSON.stringify({ digest: sign(Buffer.from(data, 'base64').toString()) }))
    })
  })
  await new Promise<void>((resolve) => workload.listen(0, '127.0.0.1', resolve))
  workloadUri = `http://127.0.0.1:${(workload.address() as AddressInfo).port}`
})

afterEach(async () => {
  rmSync(directory, { recursive: true })
  workload.closeAllConnections()
  await new Promise((resolve) => workload.close(resolve))
  await hub.stop()
})

function sign(text: string): string {
  return createHmac('sha256', MODULE_KEY).update(text).digest('base64')
}

function container(): Record<string, string | undefined> {
  return {
    IOTEDGE_IOTHUBHOSTNAME: 'hub.invalid',
    IOTEDGE_DEVICEID: 'edge 1',
    IOTEDGE_MODULEID: 'm1',
    IOTEDGE_GATEWAYHOSTNAME: 'localhost',
    IOTEDGE_MODULEGENERATIONID: 'g1',
    IOTEDGE_WORKLOADURI: workloadUri,
    IOTEDGE_APIVERSION: '2019-01-30',
  }
}

function make(
  environment: Record<string, string | undefined>,
  options: EdgeEnvironmentOptions = {},
): Promise<IoTHubModuleClient> {
  return IoTHubModuleClient.createFromEdgeEnvironment({
    ...options,
    extensions: {
      ...options.extensions,
      environment,
      endpoint: { host: '127.0.0.1', mqttPort: hub.port, httpsPort: hub.port },
    },
  })
}

describe('in a container', () => {
  it('trust and signatures come from the workload API (MOD-EDGE-01, MOD-EDGE-02, MOD-EDGE-11)', async () => {
    const client = await make(container())
    await client.connect()
    const connect = await hub.nth('connect', 1)
    const fields = new URLSearchParams(connect.password?.toString().replace('SharedAccessSignature ', ''))
    expect(connect.username).toMatch(/^hub\.invalid\/edge 1\/m1\/\?api-version=/)
    const resource = 'hub.invalid%2Fdevices%2Fedge%201%2Fmodules%2Fm1'
    expect(fields.get('sig')?.replaceAll(' ', '+')).toBe(sign(`${resource}\n${fields.get('se') ?? ''}`))
    expect(asked).toEqual([
      'GET /trust-bundle?api-version=2019-01-30',
      'POST /modules/m1/genid/g1/sign?api-version=2019-01-30',
    ])
    await client.shutdown()
  })

  it('they also come over a Unix socket', async () => {
    const path = join(directory, 'workload.sock')
    await new Promise((resolve) => workload.close(resolve))
    await new Promise<void>((resolve) => workload.listen(path, resolve))
    const client = await make({ ...container(), IOTEDGE_WORKLOADURI: `unix://${path}` })
    expect(client.connected).toBe(false)
    expect(asked).toHaveLength(2)
  })

  it('a renewal signs again (SRC-26)', async () => {
    const clock = new ManualClock()
    const client = await make(container(), { sastokenTtl: 900, extensions: { clock } })
    await client.connect()
    clock.advance(780_000)
    await hub.nth('connect', 2)
    expect(asked.filter((line) => line.includes('/sign'))).toHaveLength(2)
    await client.shutdown()
  })

  it('a renewal that fails is reported and retried', async () => {
    const clock = new ManualClock()
    const client = await make(container(), { sastokenTtl: 900, extensions: { clock } })
    await client.connect()
    broken = () => ({ status: 500, body: '{}' })
    const reported = new Promise<Error>((resolve) => {
      client.onBackgroundException = resolve
    })
    clock.advance(780_000)
    expect(await reported).toBeInstanceOf(OSError)
    broken = () => undefined
    clock.advance(10_000)
    await hub.nth('connect', 2)
    await client.shutdown()
  })

  it.each([
    'IOTEDGE_IOTHUBHOSTNAME',
    'IOTEDGE_DEVICEID',
    'IOTEDGE_MODULEID',
    'IOTEDGE_GATEWAYHOSTNAME',
    'IOTEDGE_MODULEGENERATIONID',
    'IOTEDGE_WORKLOADURI',
    'IOTEDGE_APIVERSION',
  ])('a missing %s is an OSError (MOD-EDGE-05)', async (name) => {
    await expect(make({ ...container(), [name]: undefined })).rejects.toBeInstanceOf(OSError)
  })

  it.each([
    ['500', 'GET', { status: 500, body: '{}' }],
    ['no JSON', 'GET', { status: 200, body: 'x' }],
    ['no certificate', 'GET', { status: 200, body: '{}' }],
    ['a certificate that is none', 'GET', { status: 200, body: '{"certificate":"x"}' }],
    ['500 to sign', 'POST', { status: 500, body: '{}' }],
    ['no digest', 'POST', { status: 200, body: '{}' }],
  ])('a workload API that answers %s is an OSError (MOD-EDGE-06)', async (_what, method, refusal) => {
    broken = (request) => (request.method === method ? refusal : undefined)
    await expect(make(container())).rejects.toBeInstanceOf(OSError)
  })

  it('an unreachable workload API is an OSError (MOD-EDGE-06)', async () => {
    await expect(
      make({ ...container(), IOTEDGE_WORKLOADURI: `unix://${directory}/none.sock` }),
    ).rejects.toBeInstanceOf(OSError)
  })
})

describe('in a debugging environment', () => {
  function debug(text: string, file?: string): Record<string, string> {
    const path = join(directory, 'ca.pem')
    writeFileSync(path, hub.ca)
    return { EdgeHubConnectionString: text, EdgeModuleCACertificateFile: file ?? path }
  }
  const TEXT = `HostName=hub.invalid;GatewayHostName=localhost;DeviceId=d;ModuleId=m;SharedAccessKey=${KEY}`

  it('connection string and certificate file create a client (MOD-EDGE-03)', async () => {
    const client = await make(debug(TEXT))
    await client.connect()
    expect((await hub.nth('connect', 1)).clientId).toBe('d/m')
    await client.shutdown()
  })

  it.each([
    'nonsense',
    TEXT.replace(';ModuleId=m', ''),
    TEXT.replace(';GatewayHostName=localhost', ''),
    TEXT.replace(/;SharedAccessKey.*/, ';x509=true'),
  ])('a wrong string is a ValueError (MOD-EDGE-07)', async (text) => {
    await expect(make(debug(text))).rejects.toBeInstanceOf(ValueError)
  })

  it('an invalid file is a ValueError, a missing one an OSError (MOD-EDGE-08)', async () => {
    await expect(make(debug(TEXT, directory))).rejects.toBeInstanceOf(ValueError)
    await expect(make(debug(TEXT, join(directory, 'none')))).rejects.toMatchObject({ code: 'ENOENT' })
    const empty = join(directory, 'empty')
    writeFileSync(empty, '')
    await expect(make(debug(TEXT, empty))).rejects.toBeInstanceOf(ValueError)
  })

  it('neither environment is an OSError (MOD-EDGE-04)', async () => {
    await expect(make({})).rejects.toBeInstanceOf(OSError)
  })
})

describe('a method invocation through the gateway', () => {
  let gateway: HttpsServer
  let requests: { url: string | undefined; headers: IncomingMessage['headers']; body: string }[]
  let answering: boolean

  beforeEach(async () => {
    const { cert, key } = await serverCertificate()
    requests = []
    answering = true
    gateway = createHttps({ cert, key }, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        requests.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() })
        gateway.emit('asked')
        if (answering) response.end('{"status":207,"payload":{"a":1}}')
      })
    })
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    gateway.closeAllConnections()
    await new Promise((resolve) => gateway.close(resolve))
  })

  const edge = (clock?: ManualClock) =>
    IoTHubModuleClient.createFromEdgeEnvironment({
      extensions: {
        environment: container(),
        endpoint: { host: '127.0.0.1', httpsPort: (gateway.address() as AddressInfo).port },
        ...(clock === undefined ? {} : { clock }),
      },
    })

  it('arrives with its parameters, and the result comes back (MOD-INVOKE-01 … MOD-INVOKE-06)', async () => {
    const client = await edge()
    const params = {
      methodName: 'm',
      payload: { x: 1 },
      connectTimeoutInSeconds: 3,
      responseTimeoutInSeconds: 7,
    }
    expect(await client.invokeMethod(params, 'd 2')).toEqual({ status: 207, payload: { a: 1 } })
    await client.invokeMethod(params, 'd2', 'm2')
    expect(requests.map(({ url }) => url)).toEqual([
      '/twins/d%202/methods?api-version=2019-10-01',
      '/twins/d2/modules/m2/methods?api-version=2019-10-01',
    ])
    expect(requests[0]?.headers).toMatchObject({ host: 'localhost', 'x-ms-edge-moduleid': 'edge 1/m1' })
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(params)
  })

  it('has a limit of its timeouts and 5 s (MOD-INVOKE-10)', async () => {
    const clock = new ManualClock()
    answering = false
    const client = await edge(clock)
    const reached = new Promise((resolve) => gateway.once('asked', resolve))
    const calling = client.invokeMethod({ methodName: 'm', responseTimeoutInSeconds: 30 }, 'd2')
    let over = false
    const failed = expect(calling.finally(() => (over = true))).rejects.toBeInstanceOf(OperationTimeout)
    await reached
    clock.advance(34_999)
    expect(over).toBe(false)
    clock.advance(1)
    await failed
  })

  it('needs a method name', async () => {
    const client = await edge()
    await expect(client.invokeMethod({} as { methodName: string }, 'd2')).rejects.toBeInstanceOf(ValueError)
  })
})
