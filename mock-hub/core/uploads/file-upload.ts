/** File uploads: a place to put a blob, and what is told when it lies there (wire contract 5). */

import type { Clock } from '../../base/clock.ts'
import type { BlobStorage, FileNotification, UploadResult, UploadTicket } from '../contract/uploads.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Random } from '../../base/random.ts'
import type { PeekLockQueue } from '../messaging/peek-lock-queue.ts'
import type { Settings } from '../contract/settings.ts'
import { utcText } from '../../base/time-text.ts'

const LONGEST_BLOB_NAME = 1_024
/** Expired tickets remembered for each identity, so that a late notification is told apart from an invented one. */
const EXPIRED_REMEMBERED = 100

export interface FileUploadsPort {
  readonly clock: Clock
  readonly settings: Settings
  readonly random: Random
  readonly notifications: PeekLockQueue<FileNotification>
  /** Undefined: the hub has none. */
  storage(): BlobStorage | undefined
}

interface Upload {
  readonly blobName: string
  readonly expiresAt: number
}

interface Uploads {
  readonly open: Map<string, Upload>
  readonly expired: Set<string>
}

export class FileUploads {
  readonly #port: FileUploadsPort
  readonly #byIdentity = new Map<string, Uploads>()

  constructor(port: FileUploadsPort) {
    this.#port = port
  }

  /** @throws HubError DefaultStorageEndpointNotConfigured, ArgumentInvalid, DeviceMaximumActiveFileUploadLimitExceeded. */
  async start(identity: Identity, name: string): Promise<UploadTicket> {
    const storage = this.#storage()
    checkBlobName(name)
    const uploads = this.#uploadsOf(identity)
    this.#checkSlot(uploads)
    const { clock, settings, random } = this.#port
    const blobName = `${identityKey(identity)}/${name}`
    const expiresAt = clock.now() + settings.uploadSasSeconds * 1000
    const correlationId = random.bytes(24).toString('base64')
    // The slot is taken before the signature is made: two at once must not share the last one.
    uploads.open.set(correlationId, { blobName, expiresAt })
    try {
      const sasToken = await storage.sign(blobName, expiresAt)
      const { hostName, containerName } = storage
      return { correlationId, hostName, containerName, blobName, sasToken }
    } catch (error) {
      uploads.open.delete(correlationId)
      throw error
    }
  }

  /** @throws HubError InvalidFileUploadCorrelationId, ExpiredFileUploadCorrelationId. */
  async finish(identity: Identity, { correlationId, isSuccess }: UploadResult): Promise<undefined> {
    const uploads = this.#uploadsOf(identity)
    const upload = uploads.open.get(correlationId)
    if (upload === undefined) throw badCorrelation(correlationId, uploads.expired.has(correlationId))
    uploads.open.delete(correlationId)
    if (isSuccess && this.#port.settings.fileNotifications) await this.#notify(identity, upload)
    return undefined
  }

  /** The identity is gone, and its uploads with it. */
  forget(identity: Identity): void {
    this.#byIdentity.delete(identityKey(identity))
  }

  async #notify({ deviceId }: Identity, { blobName }: Upload): Promise<void> {
    const storage = this.#storage()
    const blobSizeInBytes = await storage.sizeOf(blobName)
    // A device may say it has uploaded what it has not; there is nothing to tell of then.
    if (blobSizeInBytes === undefined) return
    const now = utcText(this.#port.clock.now())
    this.#port.notifications.push({
      deviceId,
      blobUri: `https://${storage.hostName}/${storage.containerName}/${blobName.split('/').map(encodeURIComponent).join('/')}`,
      blobName,
      lastUpdatedTime: now,
      blobSizeInBytes,
      enqueuedTimeUtc: now,
    })
  }

  #storage(): BlobStorage {
    const storage = this.#port.storage()
    if (storage !== undefined) return storage
    throw new HubError({
      kind: 'DefaultStorageEndpointNotConfigured',
      rule: 'WIRE-FILE-08',
      expected: 'a hub with a storage account for uploads',
      received: 'none',
    })
  }

  #checkSlot({ open }: Uploads): void {
    const { maxActiveUploads } = this.#port.settings
    if (open.size < maxActiveUploads) return
    throw new HubError({
      kind: 'DeviceMaximumActiveFileUploadLimitExceeded',
      rule: 'WIRE-FILE-09',
      expected: `at most ${String(maxActiveUploads)} open uploads of one device`,
      received: 'one more',
    })
  }

  /** Without those whose SAS has run out: they no longer hold a slot (WIRE-FILE-10). */
  #uploadsOf(identity: Identity): Uploads {
    const key = identityKey(identity)
    const uploads: Uploads = this.#byIdentity.get(key) ?? { open: new Map(), expired: new Set() }
    this.#byIdentity.set(key, uploads)
    const now = this.#port.clock.now()
    for (const [correlationId, { expiresAt }] of uploads.open) {
      if (expiresAt > now) continue
      uploads.open.delete(correlationId)
      uploads.expired.add(correlationId)
    }
    for (const oldest of uploads.expired) {
      if (uploads.expired.size <= EXPIRED_REMEMBERED) break
      uploads.expired.delete(oldest)
    }
    return uploads
  }
}

/** A name never leads out of the device's own folder. */
function checkBlobName(name: string): void {
  const inFolder = name.split('/').every((segment) => segment !== '..' && segment !== '.')
  // Half a surrogate pair stands in no address.
  const isText = Buffer.from(name).toString() === name
  if (name !== '' && name.length <= LONGEST_BLOB_NAME && inFolder && isText && !name.startsWith('/')) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-FILE-01',
    expected: `blobName of 1 to ${String(LONGEST_BLOB_NAME)} characters that stays in the device's folder`,
    received: quoted(name),
  })
}

function badCorrelation(correlationId: string, expired: boolean): HubError {
  return new HubError({
    kind: expired ? 'ExpiredFileUploadCorrelationId' : 'InvalidFileUploadCorrelationId',
    rule: 'WIRE-FILE-07',
    expected: 'the correlationId of an upload that is open',
    received: expired ? 'one that has expired' : quoted(correlationId),
  })
}
