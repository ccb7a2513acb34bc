import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import rhea from 'rhea'
import { describe, expect, test, vi } from 'vitest'
import { afterTurn, ManualClock } from '../base/clock.ts'
import { jsonText } from '../base/json-floats.ts'
import { readJson } from '../base/json-text.ts'
import type { JsonObject } from '../base/json.ts'
import { signed } from '../core/testing/test-hub.ts'
import type { MockHub } from './mock-hub.ts'
import { D1, FAR, message, SEED } from './testing/data-devices.ts'
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

test('WIRE-TWIN-43: a float with a whole value stays one over a restart', async () => {
  const first = await open({ seed: { devices: [{ deviceId: 'd1' }] } })
  const desired = readJson('{"a":40.0,"b":{"c":[1e3]}}') as JsonObject
  first.twins.patch({ deviceId: 'd1' }, { desired }, '*')
  const second = await again()
  expect(jsonText(second.twins.get({ deviceId: 'd1' }).desired.properties)).toBe(
    '{"a":40.0,"b":{"c":[1000.0]}}',
  )
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

  test('does not go back when the clock of the system does', async () => {
    const first = await open({ seed: SEED })
    const stored = first.clock.now()
    first.twins.patch(D1, { tags: { a: 1 } }, '*')
    await first.stop()
    const said: string[] = []
    vi.useFakeTimers({ toFake: ['Date'], now: stored - 3_600_000 })
    try {
      const second = await again({
        logger: { info: () => undefined, warn: (line: string) => said.push(line) },
      })
      expect(second.clock.now()).toBeGreaterThanOrEqual(stored)
      expect(said.join()).toContain("store: the system's clock was set back; the hub's goes on at ")
    } finally {
      vi.useRealTimers()
    }
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

test('over a restart feedback knows how often it was given up, and what was completed stays away', async () => {
  const first = await open({ seed: SEED })
  /** Completes so many messages that their feedback is a whole batch. */
  const completeMany = (messageId: string): void => {
    for (let number = 0; number < 64; number++) {
      first.c2d.send(D1, message('x', { ack: 'full', messageId }))
      first.c2d.settle(D1, first.c2d.receive(D1)?.lockToken ?? '', 'complete')
    }
  }
  completeMany('given up')
  completeMany('completed')
  // What happens now belongs to later groups.
  await new Promise<void>(afterTurn)
  const held = first.feedback.receive()?.lockToken ?? ''
  first.feedback.settle(first.feedback.receive()?.lockToken ?? '', 'complete')
  first.feedback.settle(held, 'abandon')
  for (let times = 2; times <= 9; times++)
    first.feedback.settle(first.feedback.receive()?.lockToken ?? '', 'abandon')
  const second = await again()
  const left = second.feedback.receive()
  expect(left?.item[0]).toMatchObject({ originalMessageId: 'given up' })
  expect(second.feedback.receive()).toBeUndefined()
  // The tenth time is the last.
  second.feedback.settle(left?.lockToken ?? '', 'abandon')
  expect(second.feedback.receive()).toBeUndefined()
})

test('a batch of feedback that is not full is given when it was due', async () => {
  const first = await open({ seed: SEED })
  first.clock.freeze()
  first.c2d.send(D1, message('x', { ack: 'full', messageId: 'x' }))
  first.c2d.settle(D1, first.c2d.receive(D1)?.lockToken ?? '', 'complete')
  first.clock.advance('10s')
  const second = await again()
  expect(second.feedback.receive()).toBeUndefined()
  second.clock.advance('5s')
  expect(second.feedback.receive()?.item).toMatchObject([{ originalMessageId: 'x' }])
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
  const made = [(await open(options)).registry.create({ deviceId: 'a' })]
  for (const deviceId of ['b', 'c']) made.push((await again(options)).registry.create({ deviceId }))
  const keys = made.map(({ authentication }) => authentication.symmetricKey.primaryKey)
  expect(new Set(keys).size).toBe(3)
  expect(new Set(made.map(({ generationId }) => generationId)).size).toBe(3)
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
