import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import type { BlobStorage, FileNotification, UploadTicket } from '../contract/services/uploads.ts'
import type { Identity } from '../contract/identity.ts'
import type { Settings } from '../contract/settings.ts'
import { callerOf, openHub, rejectionOf } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const e = { deviceId: 'e' }
let hub: Hub
let clock: ManualClock
/** What lies in the storage, by name. */
let blobs: Map<string, number>
const signed: [string, number][] = []
const storage = (): BlobStorage => ({
  hostName: 'blobs.example.net',
  containerName: 'c',
  sign: (blobName, expiresAt) => {
    signed.push([blobName, expiresAt])
    return '?sig=x'
  },
  find: (blobName) => {
    const size = blobs.get(blobName)
    return Promise.resolve(
      size === undefined ? undefined : { size, modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6) },
    )
  },
})
const open = (settings: Partial<Settings> = {}, blobStorage: BlobStorage | undefined = storage()): void => {
  ;({ hub, clock } = openHub(settings, { blobStorage }))
  blobs = new Map()
  signed.length = 0
  for (const identity of [d, e]) hub.registry.create(identity)
}
beforeEach(() => {
  open()
})
const start = async (blobName = 'a.txt', identity: Identity = d): Promise<UploadTicket> =>
  hub.perform(callerOf(hub, identity), 'uploadStart', { blobName })
const finish = async (correlationId: string, isSuccess = true, identity: Identity = d): Promise<undefined> =>
  hub.perform(callerOf(hub, identity), 'uploadFinish', { correlationId, isSuccess })
const notifications = (): FileNotification[] => {
  const all: FileNotification[] = []
  for (let got = hub.fileNotifications.receive(); got !== undefined; got = hub.fileNotifications.receive())
    all.push(got.item)
  return all
}

describe('a place to upload', () => {
  test('WIRE-FILE-01 WIRE-FILE-03 WIRE-FILE-13: in the folder of the device, signed for an hour', async () => {
    const { correlationId, ...place } = await start('a/b.txt')
    expect(place).toEqual({
      hostName: 'blobs.example.net',
      containerName: 'c',
      blobName: 'd/a/b.txt',
      sasToken: '?sig=x',
    })
    expect(Buffer.from(correlationId, 'base64').toString()).toMatch(
      /^\d{12}_[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}_a\/b\.txt_ver2\.0$/,
    )
    expect(signed).toEqual([['d/a/b.txt', clock.now() + 3_600_000]])
  })

  test('WIRE-FILE-08: a hub without storage says so', async () => {
    const bare = openHub().hub
    bare.registry.create(d)
    const asked = Promise.resolve().then(() =>
      bare.perform(callerOf(bare, d), 'uploadStart', { blobName: 'x' }),
    )
    expect((await rejectionOf(asked)).code).toBe(400014)
    bare.attachBlobStorage(storage())
    await bare.perform(callerOf(bare, d), 'uploadStart', { blobName: 'x' })
  })

  test.each([
    ...['', '/a', '..', '../e/a', 'a/../../e', './a', 'a/.', '\ud800'],
    // The blob endpoint would refuse these: with the folder of the device, the last has one character too many.
    ...['a\\..\\b', 'a\nb', 'a\u007f', 'x'.repeat(1_023)],
  ])('WIRE-FILE-01 WIRE-FILE-16: %j is not a name', async (blobName) => {
    expect((await rejectionOf(start(blobName))).code).toBe(400004)
    expect(signed).toEqual([])
  })

  test('WIRE-FILE-09 WIRE-FILE-10: ten uploads of each device; a finished or expired one frees its slot', async () => {
    const tickets = await Promise.all(Array.from({ length: 10 }, (_, n) => start(String(n))))
    expect((await rejectionOf(start())).code).toBe(403006)
    await start('own', e)
    await finish(tickets[0]?.correlationId ?? '', false)
    await start()
    expect((await rejectionOf(start())).code).toBe(403006)
    clock.advance(3_600_000)
    for (let n = 0; n < 10; n++) await start()
  })

  test('WIRE-FILE-09: a signature that fails holds no slot', async () => {
    open({ maxActiveUploads: 1 })
    const broken: BlobStorage = { ...storage(), sign: () => Promise.reject(new Error('down')) }
    hub.attachBlobStorage(broken)
    await expect(start()).rejects.toThrow('down')
    hub.attachBlobStorage(storage())
    await start()
  })
})

describe('the notification', () => {
  test('WIRE-FILE-05 WIRE-FILE-11 WIRE-FILE-15: tells the service what lies there', async () => {
    const { correlationId, blobName } = await start('a ä#?/b.txt')
    blobs.set(blobName, 5)
    clock.advance(1_000)
    await finish(correlationId)
    const at = `${new Date(clock.now()).toISOString().slice(0, -1)}0000Z`
    expect(notifications()).toEqual([
      {
        deviceId: 'd',
        blobUri: 'https://blobs.example.net/c/d/a%20%C3%A4%23%3F/b.txt',
        blobName: 'd/a ä#?/b.txt',
        lastUpdatedTime: '2026-01-02T03:04:05+00:00',
        blobSizeInBytes: 5,
        enqueuedTimeUtc: at,
      },
    ])
  })

  test('WIRE-FILE-12: a success without a blob is refused, and may be reported again', async () => {
    const { correlationId, blobName } = await start()
    for (let n = 0; n < 2; n++) expect((await rejectionOf(finish(correlationId))).code).toBe(400020)
    expect(notifications()).toEqual([])
    blobs.set(blobName, 0)
    await finish(correlationId)
    expect(notifications()).toHaveLength(1)
  })

  test('WIRE-FILE-11: not of a failure, not where that is off', async () => {
    const failed = await start('1')
    blobs.set('d/1', 1)
    await finish(failed.correlationId, false)
    expect(notifications()).toEqual([])
    open({ fileNotifications: false })
    const { correlationId, blobName } = await start()
    blobs.set(blobName, 1)
    await finish(correlationId)
    expect(notifications()).toEqual([])
  })

  test('WIRE-FILE-07: no id: 400006; unknown, used, another device’s: 400015; expired: 400016', async () => {
    const { correlationId, blobName } = await start()
    blobs.set(blobName, 1)
    for (const text of ['', 'x', 'invalid-correlation-id'])
      expect((await rejectionOf(finish(text))).code).toBe(400006)
    const unknown = `202601020304_${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}_a_ver2.0`
    expect((await rejectionOf(finish(Buffer.from(unknown).toString('base64')))).code).toBe(400015)
    expect((await rejectionOf(finish(correlationId, true, e))).code).toBe(400015)
    await finish(correlationId)
    expect((await rejectionOf(finish(correlationId))).code).toBe(400015)
    const late = await start()
    clock.advance(3_600_000)
    for (let n = 0; n < 2; n++) expect((await rejectionOf(finish(late.correlationId))).code).toBe(400016)
  })

  test('WIRE-FILE-07: a new device of the same name has none of the old one’s', async () => {
    const { correlationId } = await start()
    hub.registry.remove(d, '*')
    hub.registry.create(d)
    expect((await rejectionOf(finish(correlationId))).code).toBe(400015)
  })

  test('faults delay the answer, or answer with a status', async () => {
    hub.faults.arm({ name: 'file_upload.response.status', parameters: { status: 503 } })
    expect((await rejectionOf(start())).status).toBe(503)
    hub.faults.arm({ name: 'file_upload.response.delay', parameters: { seconds: 5 } })
    let done = false
    const late = start().then(() => (done = true))
    clock.advance(4_999)
    await Promise.resolve()
    expect(done).toBe(false)
    clock.advance(1)
    await late
  })
})
