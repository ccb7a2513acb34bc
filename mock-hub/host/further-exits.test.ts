/** Nothing leaves the hub before what it tells is stored: exits of uploads, modules, provisioning, back ends and streams. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAmqpServer, type AmqpServer } from '../amqp/server.ts'
import { dialService } from '../amqp/testing/test-client.ts'
import { BuiltInStorage } from '../blob/built-in-storage.ts'
import { afterTurn, ManualClock } from '../base/clock.ts'
import { createControlServer, type ControlServer } from '../control/server.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/contract/services/services.ts'
import { createHub } from '../core/create-hub.ts'
import { createServices } from '../core/services/create-services.ts'
import { GroupCommits } from '../core/store/group-commits.ts'
import { MemoryStore } from '../core/testing/memory-store.ts'
import { messageOf, primaryKeyOf, signed } from '../core/testing/test-hub.ts'
import { createHttpAdapter, type HttpAdapter } from '../http/server.ts'
import { blobAccess, documentRenderer } from '../http/service/document-renderer.ts'
import { localhostCertificate } from '../http/testing/certificate.ts'
import { policyToken } from '../http/testing/tokens.ts'
import { workloadApp } from '../http/workload/app.ts'
import { createMqttServer, type MqttServer } from '../mqtt/server.ts'
import { RawClient } from '../mqtt/testing/raw-client.ts'
import { createProvisioning } from '../provisioning/create-provisioning.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import { connectHub, individual, KEY, SCOPE, token } from '../provisioning/testing/test-provisioning.ts'

type App = ReturnType<typeof workloadApp>
const D1 = { deviceId: 'd1' }
const M1 = { deviceId: 'd1', moduleId: 'm' }
const FAR = 4_102_444_800
let directory: string
let store: MemoryStore
let hub: Hub
let services: Services
let dps: Provisioning
let mqtt: MqttServer
let amqp: AmqpServer
let http: HttpAdapter
let control: ControlServer
let workload: App
let storage: BuiltInStorage
const clock = new ManualClock()

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-exits-'))
  store = new MemoryStore()
  const commits = new GroupCommits({
    ...{ store, system: new ManualClock(0) },
    failed: (reason) => {
      throw reason
    },
    say: () => undefined,
  })
  await commits.load()
  storage = new BuiltInStorage({ clock, hostName: 'localhost', directory, commits })
  hub = createHub({ clock, commits, settings: { hostName: 'localhost' }, blobStorage: storage })
  services = createServices(hub, documentRenderer(hub), blobAccess(storage))
  const callWebhook = () => Promise.reject(new Error('no webhook'))
  dps = createProvisioning({ hub, callWebhook, connectHub })
  dps.individual.put('r1', individual('r1'))
  mqtt = await createMqttServer(hub, dps)
  amqp = await createAmqpServer(hub)
  http = createHttpAdapter(hub, {
    ...{ services, tls: await localhostCertificate(), blob: storage, provisioning: dps },
  })
  const about = () => Promise.resolve({})
  control = await createControlServer({ hub, services, about, reset: () => undefined, token: undefined })
  workload = workloadApp(hub, { trustBundle: () => Promise.resolve('PEM') })
  hub.registry.create(D1)
  hub.registry.create(M1)
  await commits.committed()
})
afterEach(async () => {
  store.held = false
  await release()
  await mqtt.stop()
  await amqp.stop()
  await control.stop()
  await workload.close()
  services.stop()
  hub.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Lets everything happen that waits for no time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise<void>(afterTurn)
}

/** Everything that waits is stored. */
async function release(): Promise<void> {
  for (let idle = 0; idle < 3; idle++)
    while (store.waits) {
      store.release()
      await turns()
      idle = 0
    }
}

/** Somebody else's write begins and is not stored: it would be told by whatever leaves now. */
async function openWrite(): Promise<void> {
  store.held = true
  hub.registry.create({ deviceId: `other ${String([...hub.registry.devices()].length)}`.replace(' ', '-') })
  await turns()
  expect(store.waits).toBe(true)
}

/** Nothing comes before all is stored, and it comes then. */
async function waitsFor<T>(got: () => T, nothing: T, something: T): Promise<void> {
  await turns()
  expect([got(), store.waits]).toEqual([nothing, true])
  await release()
  await turns()
  expect(got()).toEqual(something)
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly payload?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The statuses of the answers to a request. */
function statuses(app: App, asked: Asked): () => readonly number[] {
  const answers: number[] = []
  void app
    .inject(asked as never) // its method is a text
    .then(({ statusCode }: { readonly statusCode: number }) => answers.push(statusCode))
  return () => [...answers]
}

/** A request is answered at once when nothing waits, and once all is stored when something does. */
async function answersWait(app: App, asked: Asked, status: number) {
  const warm = statuses(app, asked)
  while (warm().length === 0) {
    await turns()
    await release()
  }
  await openWrite()
  await waitsFor(statuses(app, asked), [], [status])
}

const https = async (): Promise<App> => http.app()

describe('blobs', () => {
  const url = (): string => `/uploads/a${storage.sign('a', clock.now() + 3_600_000)}`
  const headers = { 'x-ms-blob-type': 'BlockBlob' }

  test('the answer to Put Blob waits for the blob', async () => {
    const app = await https()
    store.held = true
    const made = statuses(app, { method: 'PUT', url: url(), payload: 'hello', headers })
    while (!store.waits) await turns()
    await turns()
    expect(made()).toEqual([])
    while (made().length === 0) {
      await release()
      await turns()
    }
    expect(made()).toEqual([201])
  })

  test('a refusal waits', async () => {
    await answersWait(await https(), { method: 'HEAD', url: url() }, 404)
  })
})

describe('the workload API', () => {
  test('signatures and the trust bundle wait', async () => {
    const { generationId } = hub.registry.get(M1)
    const sign = `/modules/m/genid/${generationId}/sign?api-version=2018-06-28`
    await answersWait(workload, { method: 'POST', url: sign, payload: { data: 'QUJD' } }, 200)
    await answersWait(workload, { method: 'GET', url: '/trust-bundle?api-version=2018-06-28' }, 200)
  })
})

describe('provisioning', () => {
  const root = `/${SCOPE}/registrations/r1`
  const version = '?api-version=2019-03-31'
  const device = (): Record<string, string> => ({ authorization: token({ clock }, 'r1', KEY) })

  test('HTTPS: what devices are told waits', async () => {
    const app = await https()
    const headers = device()
    store.held = true
    const body = { registrationId: 'r1' }
    const register = { method: 'PUT', url: `${root}/register${version}`, payload: body, headers }
    const first = statuses(app, register)
    while (!store.waits) await turns()
    await waitsFor(first, [], [202])
    store.held = false
    await answersWait(app, { method: 'POST', url: `${root}${version}`, payload: body, headers }, 200)
    store.held = false
    await answersWait(app, { method: 'GET', url: `${root}/operations/none${version}`, headers }, 404)
  })

  test('HTTPS: what back ends are told waits', async () => {
    const app = await https()
    const [{ name, primaryKey }] = dps.policies as unknown as [{ name: string; primaryKey: string }]
    const headers = { authorization: signed('localhost', primaryKey, FAR, name) }
    await answersWait(app, { method: 'GET', url: `/enrollments/r1${version}`, headers }, 200)
    const payload = individual('r2')
    store.held = true
    const made = statuses(app, { method: 'PUT', url: `/enrollments/r2${version}`, payload, headers })
    await waitsFor(made, [], [200])
  })

  test('MQTT: the answer to a registration waits', async () => {
    const { client, stream } = RawClient.pair()
    mqtt.accept(stream, { transport: 'mqtt', peer: 'test', certificates: undefined } as never)
    client.connect({
      clientId: 'r1',
      username: `${SCOPE}/registrations/r1/api-version=2019-03-31`,
      password: Buffer.from(token({ clock }, 'r1', KEY)),
    })
    const subscriptions = [{ topic: '$dps/registrations/res/#', qos: 1 }] as const
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [...subscriptions] })
    await turns()
    await release()
    store.held = true
    const topic = '$dps/registrations/PUT/iotdps-register/?$rid=1'
    client.send({ cmd: 'publish', topic, payload: '', qos: 0, dup: false, retain: false })
    const answers = () => client.received.filter(({ cmd }) => cmd === 'publish').length
    await waitsFor(answers, 0, 1)
  })
})

describe('methods of a module', () => {
  test('the call waits on its way to the module, and its answer on the way back', async () => {
    const { client, stream } = RawClient.pair()
    mqtt.accept(stream, { transport: 'mqtt', peer: 'test', certificates: undefined } as never)
    client.connect({
      clientId: 'd1/m',
      username: 'localhost/d1/m/?api-version=2021-04-12',
      password: Buffer.from(signed('localhost/devices/d1/modules/m', primaryKeyOf(hub, M1), FAR)),
    })
    client.send({
      ...{ cmd: 'subscribe', messageId: 1 },
      subscriptions: [{ topic: '$iothub/methods/POST/#', qos: 0 }],
    })
    await turns()
    await release()
    const app = await https()
    const headers = { authorization: policyToken(hub, 'service') }
    const call = { method: 'POST', url: '/twins/d1/modules/m/methods?api-version=2021-04-12', headers }
    await openWrite()
    const answered = statuses(app, {
      ...call,
      payload: { methodName: 'reboot', responseTimeoutInSeconds: 30 },
    })
    const calls = () =>
      client.received.flatMap(({ topic = '' }) => /methods\/POST\/reboot.*/.exec(topic) ?? [])
    await waitsFor(() => calls().length, 0, 1)
    const rid = /rid=(.+)$/.exec(String(calls()[0]))?.[1] ?? ''
    await openWrite()
    const topic = `$iothub/methods/res/200/?$rid=${rid}`
    client.send({ cmd: 'publish', topic, payload: '{}', qos: 0, dup: false, retain: false })
    await waitsFor(answered, [], [200])
  })
})

describe('what back ends receive over AMQP', () => {
  test.each([
    [
      'feedback',
      () => {
        const system = { messageId: 'x', ack: 'full' } as const
        hub.c2d.send(D1, { ...messageOf(), system })
        const { lockToken = '' } = hub.c2d.receive(D1) ?? {}
        hub.c2d.settle(D1, lockToken, 'complete')
        clock.advance(60_000)
      },
    ],
    [
      'filenotifications',
      () => {
        // The core's own side of the queue.
        const queue = hub.fileNotifications as unknown as { push(item: object): void }
        queue.push({ deviceId: 'd1', blobName: 'd1/f' })
      },
    ],
  ])('a delivery of %s waits for its lock', async (what, happens) => {
    const receiver = dialService(amqp, hub).open_receiver(`/messages/serviceBound/${what}`)
    const received: string[] = []
    receiver.on('message', () => received.push(what))
    await new Promise((resolve) => receiver.once('receiver_open', resolve))
    await turns()
    await release()
    store.held = true
    happens()
    await waitsFor(() => [...received], [], [what])
  })
})

describe('the control API', () => {
  test.each([
    ['PATCH', '/devices/d1/twin', { tags: { a: 1 } }, 200],
    ['POST', '/devices/d1/messages', { body: 'x' }, 202],
    ['POST', '/clock/advance', { by: '1s' }, 200],
    ['DELETE', '/devices/none', undefined, 404],
    ['GET', '/journal', undefined, 200],
  ])('the answer to %s %s waits', async (method, url, payload, status) => {
    await openWrite()
    const asked = { method, url, ...(payload === undefined ? {} : { payload }) }
    await waitsFor(statuses(control.app, asked), [], [status])
  })

  test('the stream of the journal waits', async () => {
    const stream = await control.app.inject({ url: '/journal?follow=true', payloadAsStream: true })
    let streamed = ''
    stream.stream().on('data', (chunk: Buffer) => (streamed += String(chunk)))
    await turns()
    store.held = true
    hub.registry.create({ deviceId: 'streamed' })
    await waitsFor(() => streamed.includes('"streamed"'), false, true)
    stream.stream().destroy()
  })
})
