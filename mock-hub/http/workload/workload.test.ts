import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestServer, type TestServer } from '../testing/test-server.ts'
import { startWorkload, type Workload } from './workload.ts'
import type { IssueCertificateRequest } from '../../net/certificates/issue-certificate.ts'

const V = '?api-version=2018-06-28'
const module = { deviceId: 'edge', moduleId: 'my$mod.' }
let server: TestServer
let workload: Workload
let socketPath: string
let directory: string
const issued: IssueCertificateRequest[] = []
beforeAll(async () => {
  server = await openTestServer({ aliases: ['gateway.local'] })
  server.hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
  server.hub.registry.create(module)
  directory = await mkdtemp(join(tmpdir(), 'workload-'))
  socketPath = join(directory, 'workload.sock')
  workload = await startWorkload(server.hub, {
    trustBundle: () => Promise.resolve('PEM OF THE ROOTS'),
    socketPath,
    port: 0,
    issueCertificate: (wanted) => {
      issued.push(wanted)
      return Promise.resolve({ certificate: 'CERT', privateKey: 'KEY' })
    },
  })
})
afterAll(async () => {
  await workload.stop()
  await server.stop()
  await rm(directory, { recursive: true })
})

interface Said {
  readonly status: number
  readonly json: unknown
}
const say = (
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  overSocket = false,
): Promise<Said> =>
  new Promise((resolve, reject) => {
    const where = overSocket
      ? { socketPath }
      : { host: '127.0.0.1', port: Number(new URL(workload.httpUri!).port) }
    request({ ...where, method, path, headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text) as unknown }))
    })
      .once('error', reject)
      .end(body)
  })
const pathOf = (call: string, generation?: string): string => {
  const { generationId } = server.hub.registry.get(module)
  return `/modules/${encodeURIComponent(module.moduleId)}/genid/${generation ?? generationId}/${call}${V}`
}

describe.each([true, false])('WIRE-EDGE-06: over the Unix socket: %s', (overSocket) => {
  test('WIRE-EDGE-05: the trust bundle', async () => {
    expect(await say('GET', `/trust-bundle${V}`, undefined, {}, overSocket)).toEqual({
      status: 200,
      json: { certificate: 'PEM OF THE ROOTS' },
    })
  })

  test('WIRE-EDGE-02 WIRE-EDGE-03 WIRE-EDGE-04: sign, also without a JSON content type; the token is good', async () => {
    const resource = encodeURIComponent(`${server.hub.hostName}/devices/edge/modules/${module.moduleId}`)
    const expires = String(Math.floor(server.clock.now() / 1000) + 3600)
    const data = Buffer.from(`${resource}\n${expires}`).toString('base64')
    const body = JSON.stringify({ keyId: 'primary', algo: 'HMACSHA256', data })
    for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'text/plain' }]) {
      const { status, json } = await say('POST', pathOf('sign'), body, headers, overSocket)
      expect(status).toBe(200)
      const { digest } = json as { digest: string }
      const key = Buffer.from(
        server.hub.registry.get(module).authentication.symmetricKey.primaryKey!,
        'base64',
      )
      expect(digest).toBe(createHmac('sha256', key).update(`${resource}\n${expires}`).digest('base64'))
      const sasToken = `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(digest)}&se=${expires}`
      expect(server.hub.authentication.admit(module, { sasToken }).identity).toEqual(module)
    }
  })
})

test('errors are {message}', async () => {
  for (const [status, answer] of [
    [404, say('GET', `/nothing${V}`)],
    [404, say('POST', pathOf('sign', '123'), '{"data":""}')],
    [400, say('POST', pathOf('sign'), '{"data":7}')],
    [400, say('POST', pathOf('sign'), '{"data":"QUI"}')],
    [400, say('POST', pathOf('sign'), '{"data":"QU-_"}')],
    [400, say('POST', pathOf('encrypt'), '{"plaintext":"QUI","initializationVector":"QUJD"}')],
    [400, say('POST', pathOf('decrypt'), '{"ciphertext":"QUI","initializationVector":"QUJD"}')],
    [400, say('POST', pathOf('sign'), 'no json')],
    [400, say('POST', pathOf('sign'))],
    [400, say('GET', '/trust-bundle')],
    [400, say('GET', '/trust-bundle?api-version=2017-01-01')],
  ] as const)
    expect(await answer).toEqual({ status, json: { message: expect.any(String) as unknown } })
  expect((await say('GET', '/trust-bundle?api-version=2022-08-03')).status).toBe(200)
})

test.each([
  [
    'that nests too deeply',
    '['.repeat(50_000),
    'Expected body to be JSON of at most 256 levels; given: more levels.',
  ],
  ['that is empty', undefined, expect.any(String)],
])('a body %s is a 400 that says so', async (_, body, message: unknown) => {
  const { generationId } = server.hub.registry.get(module)
  const path = `/modules/${encodeURIComponent(module.moduleId)}/genid/${generationId}/sign${V}`
  expect(await say('POST', path, body)).toEqual({ status: 400, json: { message } })
})

test('decrypt reverses encrypt, only with the same initialization vector', async () => {
  const initializationVector = Buffer.from('iv').toString('base64')
  const plaintext = Buffer.from('secret').toString('base64')
  const sealed = await say('POST', pathOf('encrypt'), JSON.stringify({ plaintext, initializationVector }))
  const { ciphertext } = sealed.json as { ciphertext: string }
  expect(ciphertext).not.toContain(plaintext)
  const open = (iv: string): Promise<Said> =>
    say('POST', pathOf('decrypt'), JSON.stringify({ ciphertext, initializationVector: iv }))
  expect(await open(initializationVector)).toEqual({ status: 200, json: { plaintext } })
  expect((await open('QUFB')).status).toBe(400)
})

test('certificates for a server and for the module itself', async () => {
  const first = await say(
    'POST',
    pathOf('certificate/server'),
    '{"commonName":"gateway.local","expiration":"2026-02-01T00:00:00Z"}',
  )
  expect(first).toEqual({
    status: 201,
    json: {
      privateKey: { type: 'key', bytes: 'KEY' },
      certificate: 'CERT',
      expiration: '2026-02-01T00:00:00.000Z',
    },
  })
  const ofModule = (name: string): string => `/modules/${encodeURIComponent(name)}/certificate/identity${V}`
  expect((await say('POST', ofModule(module.moduleId), '{}')).status).toBe(201)
  expect(await say('POST', ofModule('other'), '{}')).toMatchObject({ status: 404 })
  expect(issued).toMatchObject([
    {
      ...{ usage: 'server', commonName: 'gateway.local', expiresAt: Date.UTC(2026, 1, 1) },
      names: ['gateway.local', module.moduleId],
    },
    { usage: 'client', commonName: module.moduleId, names: [] },
  ])
  const { generationId } = server.hub.registry.get({ deviceId: 'edge', moduleId: '$edgeHub' })
  const ofHub = `/modules/$edgeHub/genid/${generationId}/certificate/server${V}`
  await say('POST', ofHub, '{"commonName":"gateway.local"}')
  expect(issued.at(-1)?.names).toEqual(['gateway.local', 'edgeHub'])
  // Whatever it asks for, a certificate ends within 90 days.
  const late = '{"commonName":"gateway.local","expiration":"2099-01-01T00:00:00Z"}'
  const { json } = await say('POST', pathOf('certificate/server'), late)
  expect(Date.parse((json as { expiration: string }).expiration)).toBe(server.clock.now() + 90 * 86_400_000)
  for (const body of ['{}', '{"commonName":""}', '{"commonName":7}'])
    expect((await say('POST', pathOf('certificate/server'), body)).status).toBe(400)
  expect(
    (await say('POST', pathOf('certificate/server'), '{"expiration":"2025-01-01T00:00:00Z"}')).status,
  ).toBe(400)
})

test('a server certificate is for the module, the hub and this machine', async () => {
  const ask = async (commonName: string): Promise<Said> =>
    say('POST', pathOf('certificate/server'), JSON.stringify({ commonName }))
  const names = [server.hub.hostName, 'Gateway.Local', module.moduleId, 'localhost', '127.0.0.1', '::1']
  for (const name of names) expect([name, (await ask(name)).status]).toEqual([name, 201])
  const before = issued.length
  const others = [
    'bank.example',
    'x.gateway.local',
    '*.gateway.local',
    'edgeHub',
    '10.0.0.1',
    '127.0.0.1.example',
  ]
  for (const name of others)
    expect(await ask(name)).toEqual({
      status: 400,
      json: {
        message: expect.stringMatching(
          /^Expected commonName to be the module id, .*gateway\.local\.$/,
        ) as unknown,
      },
    })
  expect(issued).toHaveLength(before)
})

test('a page of a browser does not reach the API over TCP', async () => {
  for (const headers of [
    { host: 'rebound.example' },
    { host: '127.0.0.1', origin: 'https://page.example' },
  ] as Record<string, string>[])
    expect(await say('GET', `/trust-bundle${V}`, undefined, headers)).toEqual({
      status: 403,
      json: { message: expect.stringContaining('this machine') as unknown },
    })
  // Clients of a Unix socket send what they like.
  expect((await say('GET', `/trust-bundle${V}`, undefined, { host: 'socket' }, true)).status).toBe(200)
})

test('the list of modules', async () => {
  const { json } = await say('GET', `/modules${V}`)
  const names = (json as { modules: { name: string }[] }).modules.map(({ name }) => name)
  expect(names.sort()).toEqual(['$edgeAgent', '$edgeHub', module.moduleId])
})

test('edge.trust_bundle.fail, edge.sign.fail and edge.refuse fire once each', async () => {
  for (const [name, ask] of [
    ['edge.trust_bundle.fail', () => say('GET', `/trust-bundle${V}`)],
    ['edge.sign.fail', () => say('POST', pathOf('sign'), '{"data":""}')],
  ] as const) {
    server.hub.faults.arm({ name, parameters: { status: 503 } })
    expect(await ask()).toMatchObject({ status: 503, json: { message: expect.any(String) as unknown } })
    expect((await ask()).status).toBe(200)
  }
  server.hub.faults.arm({ name: 'edge.refuse' })
  await expect(say('GET', `/trust-bundle${V}`)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect((await say('GET', `/trust-bundle${V}`)).status).toBe(200)
})
