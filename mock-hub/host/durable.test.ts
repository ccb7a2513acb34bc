import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import mqttJs, { type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt'
import rhea from 'rhea'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../base/clock.ts'
import { jsonText } from '../base/json-floats.ts'
import { readJson } from '../base/json-text.ts'
import type { JsonObject } from '../base/json.ts'
import { signed } from '../core/testing/test-hub.ts'
import type { MockHub } from './mock-hub.ts'
import { useDataDirectory } from './testing/data-hubs.ts'

const data = useDataDirectory()
const { hubs, open, again } = data

test('identities, twins and messages are there after a restart', async () => {
  const first = await open({ seed: { devices: [{ deviceId: 'd1', modules: [{ moduleId: 'm1' }] }] } })
  first.registry.create({ deviceId: 'd2' })
  first.registry.remove({ deviceId: 'd1', moduleId: 'm1' }, '*')
  first.twins.patch({ deviceId: 'd2' }, { tags: { a: 1 }, desired: { b: 2 } }, '*')
  first.c2d.send(
    { deviceId: 'd1' },
    { body: Buffer.from('hello'), system: { messageId: 'x' }, properties: {} },
  )
  first.routes = ['FROM /messages/* INTO $upstream']
  const identities = first.identities()
  const { policies, caPem } = first
  const twin = first.twins.get({ deviceId: 'd2' })
  const second = await again({ seed: { devices: [{ deviceId: 'd1', modules: [{ moduleId: 'm1' }] }] } })
  expect(second.identities()).toEqual(JSON.parse(JSON.stringify(identities)))
  expect(second.policies).toEqual(policies)
  expect(second.caPem).toBe(caPem)
  expect(second.twins.get({ deviceId: 'd2' })).toEqual(twin)
  expect(second.routes).toEqual(['FROM /messages/* INTO $upstream'])
  expect(second.c2d.waiting({ deviceId: 'd1' }).map(({ message }) => message.body.toString())).toEqual([
    'hello',
  ])
  expect(
    second.c2d.send({ deviceId: 'd1' }, { body: Buffer.alloc(0), system: {}, properties: {} }).sequenceNumber,
  ).toBe(2)
})

const D1 = { deviceId: 'd1' }
const SEED = { devices: [{ deviceId: 'd1', key: Buffer.alloc(32, 1).toString('base64') }] }
const FAR = 4_102_444_800

/** A device over MQTT with a session that is kept. */
function device({ hostName, mqttPort, caPem, registry }: MockHub, options: object = {}): MqttClient {
  const key = registry.get(D1).authentication.symmetricKey.primaryKey ?? ''
  return mqttJs.connect(`mqtts://${hostName}:${String(mqttPort)}`, {
    ...{ ca: caPem, clientId: 'd1', clean: false, reconnectPeriod: 0 },
    username: `${hostName}/d1/?api-version=2021-04-12`,
    password: signed(`${hostName}/devices/d1`, key, FAR),
    ...options,
  })
}

/** @returns its CONNACK. */
function connected(client: MqttClient): Promise<IConnackPacket> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
  })
}

const message = (body: string, system: object = {}) => ({ body: Buffer.from(body), system, properties: {} })

test('WIRE-TWIN-43: a float with a whole value stays one over a restart', async () => {
  const first = await open({ seed: { devices: [{ deviceId: 'd1' }] } })
  const desired = readJson('{"a":40.0,"b":{"c":[1e3]}}') as JsonObject
  first.twins.patch({ deviceId: 'd1' }, { desired }, '*')
  const second = await again()
  expect(jsonText(second.twins.get({ deviceId: 'd1' }).desired.properties)).toBe(
    '{"a":40.0,"b":{"c":[1000.0]}}',
  )
})

describe('MQTT sessions', () => {
  test('filters, messages and packet ids are there after a restart', async () => {
    const first = await open({ seed: SEED })
    // It acknowledges nothing.
    const before = device(first, { customHandleAcks: undefined, manualAcks: true })
    before.handleMessage = () => undefined
    await connected(before)
    await before.subscribeAsync('devices/d1/messages/devicebound/#', { qos: 1 })
    const got = new Promise<void>((resolve) => {
      before.once('packetreceive', () => {
        resolve()
      })
    })
    first.c2d.send(D1, message('one'))
    await got
    const sent = await first.journal.until(({ type, ...entry }) => {
      const { cmd, direction } = entry as { cmd?: string; direction?: string }
      return type === 'packet' && cmd === 'publish' && direction === 'out'
    })
    const { messageId } = (sent as unknown as { packet: IPublishPacket }).packet
    const second = await again()
    before.end(true)
    expect(second.c2d.waiting(D1)).toMatchObject([{ deliveries: 1, failures: 0 }])
    const after = device(second)
    const packets: IPublishPacket[] = []
    const arrived = new Promise<void>((resolve) => {
      after.on('message', (_topic, _payload, packet) => {
        packets.push(packet)
        resolve()
      })
    })
    const connack = await connected(after)
    expect(connack.sessionPresent).toBe(true)
    await arrived
    expect(packets[0]).toMatchObject({ dup: true, messageId })
    expect(String(packets[0]?.payload)).toBe('one')
    await after.endAsync()
  })

  test('a clean session leaves nothing behind', async () => {
    const first = await open({ seed: SEED })
    const before = device(first, { clean: true })
    await connected(before)
    await before.subscribeAsync('devices/d1/messages/devicebound/#', { qos: 1 })
    const second = await again()
    before.end(true)
    const after = device(second)
    const connack = await connected(after)
    expect(connack.sessionPresent).toBe(false)
    await after.endAsync()
  })
})

describe('events', () => {
  const event = (deviceId: string, body: string) => ({
    ...message(body),
    ...{ source: 'Telemetry' as const, deviceId, moduleId: undefined, authMethod: undefined },
    ...{ authGenerationId: undefined, modelId: undefined },
  })
  /** Reads so many events of all partitions: partition, sequence number, offset, body. */
  async function read(hub: MockHub, count: number): Promise<readonly string[]> {
    const policy = hub.policies.find(({ name }) => name === 'service')
    const connection = rhea.create_container().connect({
      ...{ transport: 'tls', host: hub.hostName, port: hub.amqpPort, ca: hub.caPem, reconnect: false },
      ...{
        username: 'service@sas.root.127',
        password: signed(hub.hostName, policy?.primaryKey ?? '', FAR, 'service'),
      },
    } as unknown as rhea.ConnectionOptions)
    connection.on('disconnected', () => undefined)
    const found: string[] = []
    await new Promise<void>((resolve) => {
      for (const id of ['0', '1', '2', '3']) {
        const address = `127/ConsumerGroups/$Default/Partitions/${id}`
        connection.open_receiver({ source: { address } }).on('message', ({ message }: rhea.EventContext) => {
          const { 'x-opt-sequence-number': number, 'x-opt-offset': offset } =
            message?.message_annotations ?? {}
          const { content } = message?.body as { content: Buffer }
          found.push([id, number, offset, content].map(String).join(' '))
          if (found.length === count) resolve()
        })
      }
    })
    connection.close()
    return found.sort()
  }

  test('keep their partitions, sequence numbers and offsets, as far as readers have seen them', async () => {
    const options = { settings: { telemetryRetained: 6 } }
    const first = await open(options)
    for (let at = 0; at < 8; at++)
      first.telemetry.append(event(`device-${String(at)}`, `early ${String(at)}`))
    const seen = await read(first, 6)
    for (let at = 0; at < 3; at++) first.telemetry.append(event(`device-${String(at)}`, `late ${String(at)}`))
    const all = await read(first, 9)
    expect(all).toEqual(expect.arrayContaining([...seen]))
    const second = await again(options)
    expect(second.telemetry.messages.map(({ sequenceNumber }) => sequenceNumber)).toEqual([
      6, 7, 8, 9, 10, 11,
    ])
    const kept = await read(second, 6)
    // The newest six of the hub; the partitions had more.
    expect(all).toEqual(expect.arrayContaining([...kept]))
    expect(second.telemetry.append(event('device-1', 'new')).sequenceNumber).toBe(12)
    const numbers = (texts: readonly string[]) => texts.map((text) => text.split(' ').slice(0, 2).join(' '))
    const added = (await read(second, 7)).filter((text) => text.endsWith('new'))
    expect(numbers(all)).not.toEqual(expect.arrayContaining(numbers(added)))
  })

  test('another number of partitions is refused', async () => {
    const first = await open()
    first.telemetry.append(event('d', 'x'))
    await read(first, 1)
    await expect(again({ partitions: 8 })).rejects.toThrow(
      /startMockHub: expected partitions to be 4, as those of/,
    )
  })
})

describe('the clock', () => {
  test('stands where it stood', async () => {
    const first = await open({ seed: SEED })
    first.clock.freeze()
    first.clock.advance('3h')
    const now = first.clock.now()
    const second = await again()
    expect([second.clock.frozen, second.clock.now()]).toEqual([true, now])
  })

  test('runs with its offset, and what fell due meanwhile happens in its order', async () => {
    const first = await open({ seed: SEED })
    first.clock.setOffset('-2h')
    first.c2d.send(D1, message('a', { ack: 'full', messageId: 'a' }))
    const twoHours = {
      type: 'scheduleUpdateTwin',
      queryCondition: '*',
      maxExecutionTimeInSeconds: 60,
      given: {},
    } as const
    first.services.jobs.create({
      ...{ ...twoHours, jobId: 'j', startAt: first.clock.now() + 3_600_000 },
      updateTwin: { etag: '*', update: { tags: { done: true } } },
    })
    first.clock.setOffset('-1m')
    const second = await again()
    expect(second.clock.frozen).toBe(false)
    expect(Math.round(second.clock.offsetMs / 1_000)).toBe(-60)
    expect(second.twins.get(D1).tags).toEqual({ done: true })
    expect(second.services.jobs.get('j')).toMatchObject({ status: 'completed' })
    expect(second.feedback.receive()?.item).toMatchObject([{ originalMessageId: 'a', statusCode: 'Expired' }])
  })

  test('a clock that is handed in is not moved', async () => {
    await open({ clock: new ManualClock(Date.UTC(2027, 0, 1)) })
    const said: string[] = []
    const logger = { info: () => undefined, warn: (line: string) => said.push(line) }
    const second = await again({ clock: new ManualClock(Date.UTC(2026, 0, 1)), logger })
    expect(second.clock.now()).toBe(Date.UTC(2026, 0, 1))
    expect(said.join()).toMatch(/the clock says 2026-01-01.*, before 2027-01-01.*, the last time stored/)
  })
})

test('uploads and their blobs are there, and their SAS is still good', async () => {
  const first = await open({ seed: SEED })
  const fetchBlob = async (hub: MockHub, method: string, url: string, body?: string) => {
    const { request } = await import('node:https')
    const { pathname, search } = new URL(url)
    const sent = request({
      ...{ method, path: pathname + search, host: hub.hostName, port: hub.httpsPort, ca: hub.caPem },
      headers: { 'x-ms-blob-type': 'BlockBlob', host: hub.hostName },
    })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    return { status: answer.statusCode, body: Buffer.concat(chunks).toString() }
  }
  const call = async (hub: MockHub, path: string, body: object) => {
    const { request } = await import('node:https')
    const key = hub.registry.get(D1).authentication.symmetricKey.primaryKey ?? ''
    const sent = request({
      ...{ method: 'POST', path: `${path}?api-version=2021-04-12`, host: hub.hostName, port: hub.httpsPort },
      ...{ ca: hub.caPem },
      headers: {
        authorization: signed(`${hub.hostName}/devices/d1`, key, FAR),
        'content-type': 'application/json',
      },
    })
    sent.end(JSON.stringify(body))
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    return { status: answer.statusCode, body: Buffer.concat(chunks).toString() }
  }
  const started = await call(first, '/devices/d1/files', { blobName: 'a.txt' })
  const ticket = JSON.parse(started.body) as Record<
    'correlationId' | 'containerName' | 'blobName' | 'sasToken',
    string
  >
  const url = `https://h/${ticket.containerName}/${ticket.blobName}${ticket.sasToken}`
  expect((await fetchBlob(first, 'PUT', url, 'content')).status).toBe(201)
  const second = await again()
  expect(await fetchBlob(second, 'GET', url)).toEqual({ status: 200, body: 'content' })
  expect((await fetchBlob(second, 'PUT', url, 'new content')).status).toBe(201)
  const { correlationId } = ticket
  expect(
    (await call(second, '/devices/d1/files/notifications', { correlationId, isSuccess: true })).status,
  ).toBe(204)
  const third = await again()
  expect(third.fileNotifications.receive()?.item).toMatchObject({ blobName: 'd1/a.txt', blobSizeInBytes: 11 })
  expect(await fetchBlob(third, 'GET', url)).toEqual({ status: 200, body: 'new content' })
  // The file of the first content is gone.
  expect(readdirSync(join(data.directory, 'blobs')).length).toBe(1)
})

test('with a random seed, a restarted hub makes other keys than before', async () => {
  const options = { settings: { seed: 7 } }
  const first = await open(options)
  const one = first.registry.create({ deviceId: 'a' })
  const second = await again(options)
  const two = second.registry.create({ deviceId: 'b' })
  expect(two.authentication).not.toEqual(one.authentication)
  expect(two.generationId).not.toBe(one.generationId)
})

test('enrollments, registrations and certificates of provisioning are there after a restart', async () => {
  const seed = { ...SEED, enrollments: [{ registrationId: 'r1' }] }
  const first = await open({ provisioning: true, seed })
  const dps = first.provisioning
  if (dps === undefined) throw new Error('no provisioning')
  dps.enrollments.put('r2', { registrationId: 'r2', attestation: { type: 'symmetricKey' } })
  dps.enrollmentGroups.put('g', {
    enrollmentGroupId: 'g',
    attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: first.caPem } } } },
  })
  dps.certificates.upload('ca', first.caPem, true)
  dps.enrollments.remove('r1')
  const told = () => ({
    enrollments: hubs.at(-1)?.provisioning?.enrollments.list(),
    keys: hubs.at(-1)?.provisioning?.enrollments.attestation('r2'),
    groups: hubs.at(-1)?.provisioning?.enrollmentGroups.list(),
    certificates: hubs.at(-1)?.provisioning?.certificates.list(),
    policies: hubs.at(-1)?.provisioning?.policies,
  })
  const before = told()
  await again({ provisioning: true, seed })
  expect(told()).toEqual(before)
  await again({ seed })
  const fourth = await again({ provisioning: true, seed })
  expect(told()).toEqual(before)
  fourth.reset()
  const fifth = await again({ provisioning: true, seed })
  expect(fifth.provisioning?.enrollments.list()).toMatchObject([{ registrationId: 'r1' }])
})
