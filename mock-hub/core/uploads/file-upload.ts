/** File uploads: a SAS for a blob, and the notification when it is uploaded. */

import type { Clock } from '../../base/clock.ts'
import type { Commits, StateDocument, StateSource } from '../contract/store/commits.ts'
import type {
  BlobStorage,
  FileNotification,
  UploadedBlob,
  UploadResult,
  UploadTicket,
} from '../contract/services/uploads.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { uuidFrom, type Random } from '../../base/random.ts'
import { isBlobName, LONGEST_BLOB_NAME } from '../../base/blob-name.ts'
import type { PeekLockQueue } from '../messaging/peek-lock-queue.ts'
import type { Settings } from '../contract/settings.ts'
import { minuteText, offsetText, utcText } from '../../base/time-text.ts'

/** Expired uploads remembered for each identity, to tell a late notification from an unknown one. */
const EXPIRED_REMEMBERED = 100

/** What a correlation id says, once decoded (WIRE-FILE-13). */
const CORRELATION = /^\d{12}_[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}_.+_ver2\.0$/s

export interface FileUploadsDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly random: Random
  readonly commits: Commits
  readonly notifications: PeekLockQueue<FileNotification>
  /** Undefined: the hub has no storage. */
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

interface StoredUploads {
  readonly open: readonly (readonly [correlationId: string, upload: Upload])[]
  readonly expired: readonly string[]
}

export class FileUploads implements StateSource<StoredUploads> {
  readonly kind = 'upload'
  readonly #deps: FileUploadsDependencies
  readonly #byIdentity = new Map<string, Uploads>()

  constructor(deps: FileUploadsDependencies) {
    this.#deps = deps
    deps.commits.keep(this)
  }

  /** @throws HubError DefaultStorageEndpointNotConfigured, ArgumentInvalid, DeviceMaximumActiveFileUploadLimitExceeded. */
  async start(identity: Identity, name: string): Promise<UploadTicket> {
    const storage = this.#storage()
    const blobName = checkedBlobName(identityKey(identity), name)
    const uploads = this.#uploadsOf(identity)
    this.#checkSlot(uploads)
    const { clock, settings, random } = this.#deps
    const now = clock.now()
    const expiresAt = now + settings.uploadSasSeconds * 1000
    // The form of recorded ids: it grows with the name (WIRE-FILE-13).
    const parts = [minuteText(now), uuidFrom(random), name, 'ver2.0']
    const correlationId = Buffer.from(parts.join('_')).toString('base64')
    // The slot is taken before the storage signs: two concurrent requests cannot share the last slot.
    uploads.open.set(correlationId, { blobName, expiresAt })
    this.#changed(identity)
    try {
      const sasToken = await storage.sign(blobName, expiresAt)
      const { hostName, containerName } = storage
      return { correlationId, hostName, containerName, blobName, sasToken }
    } catch (error) {
      uploads.open.delete(correlationId)
      this.#changed(identity)
      throw error
    }
  }

  /**
   * A report of a success without a blob is refused, and its upload stays open.
   * @throws HubError IotHubFormatError, InvalidFileUploadCorrelationId, ExpiredFileUploadCorrelationId,
   *   InvalidStorageEndpointOrBlob.
   */
  async finish(identity: Identity, { correlationId, isSuccess }: UploadResult): Promise<undefined> {
    const uploads = this.#uploadsOf(identity)
    const upload = uploads.open.get(correlationId)
    if (upload === undefined) throw badCorrelation(correlationId, uploads.expired.has(correlationId))
    uploads.open.delete(correlationId)
    this.#changed(identity)
    if (!isSuccess) return undefined
    const storage = this.#storage()
    const blob = await storage.find(upload.blobName)
    if (blob === undefined) {
      uploads.open.set(correlationId, upload)
      this.#changed(identity)
      throw noBlob(upload)
    }
    if (this.#deps.settings.fileNotifications) this.#notify(identity, upload, storage, blob)
    return undefined
  }

  /** Drops the uploads of a deleted identity. */
  forget(identity: Identity): void {
    this.#byIdentity.delete(identityKey(identity))
    this.#changed(identity)
  }

  *keys(): Iterable<string> {
    for (const [key, { open, expired }] of this.#byIdentity) if (open.size + expired.size > 0) yield key
  }

  read(key: string): StoredUploads | undefined {
    const uploads = this.#byIdentity.get(key)
    if (uploads === undefined || uploads.open.size + uploads.expired.size === 0) return undefined
    return { open: [...uploads.open], expired: [...uploads.expired] }
  }

  load(documents: readonly StateDocument<StoredUploads>[]): void {
    this.#byIdentity.clear()
    for (const { key, value } of documents)
      this.#byIdentity.set(key, { open: new Map(value.open), expired: new Set(value.expired) })
  }

  #changed(identity: Identity): void {
    this.#deps.commits.changed('upload', identityKey(identity))
  }

  #notify(
    { deviceId }: Identity,
    { blobName }: Upload,
    storage: BlobStorage,
    { size, modifiedAt }: UploadedBlob,
  ): void {
    this.#deps.notifications.push({
      deviceId,
      blobUri: `https://${storage.hostName}/${storage.containerName}/${blobName.split('/').map(encodeURIComponent).join('/')}`,
      blobName,
      lastUpdatedTime: offsetText(modifiedAt),
      blobSizeInBytes: size,
      enqueuedTimeUtc: utcText(this.#deps.clock.now()),
    })
  }

  #storage(): BlobStorage {
    const storage = this.#deps.storage()
    if (storage !== undefined) return storage
    throw new HubError({
      kind: 'DefaultStorageEndpointNotConfigured',
      rule: 'WIRE-FILE-08',
      expected: 'a hub with a storage account for uploads',
      received: 'none',
    })
  }

  #checkSlot({ open }: Uploads): void {
    const { maxActiveUploads } = this.#deps.settings
    if (open.size < maxActiveUploads) return
    throw new HubError({
      kind: 'DeviceMaximumActiveFileUploadLimitExceeded',
      message: `Number of active file upload requests cannot exceed ${String(maxActiveUploads)}`,
      rule: 'WIRE-FILE-09',
      expected: `at most ${String(maxActiveUploads)} open uploads of one device`,
      received: 'one more',
    })
  }

  /** Uploads whose SAS has expired do not count (WIRE-FILE-10). */
  #uploadsOf(identity: Identity): Uploads {
    const key = identityKey(identity)
    const uploads: Uploads = this.#byIdentity.get(key) ?? { open: new Map(), expired: new Set() }
    this.#byIdentity.set(key, uploads)
    const now = this.#deps.clock.now()
    for (const [correlationId, { expiresAt }] of uploads.open) {
      if (expiresAt > now) continue
      uploads.open.delete(correlationId)
      uploads.expired.add(correlationId)
      this.#changed(identity)
    }
    for (const oldest of uploads.expired) {
      if (uploads.expired.size <= EXPIRED_REMEMBERED) break
      uploads.expired.delete(oldest)
      this.#changed(identity)
    }
    return uploads
  }
}

/** The blob must stay in the device's own folder, and the storage must take its name. */
function checkedBlobName(folder: string, name: string): string {
  const blobName = `${folder}/${name}`
  if (name !== '' && !name.startsWith('/') && isBlobName(blobName)) return blobName
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-FILE-01',
    expected: `blobName that stays in the device's folder: with the device id at most ${String(LONGEST_BLOB_NAME)} characters, no control characters, no segments . or ..`,
    received: quoted(name),
  })
}

function noBlob({ blobName }: Upload): HubError {
  return new HubError({
    kind: 'InvalidStorageEndpointOrBlob',
    rule: 'WIRE-FILE-12',
    expected: 'a report of success after the blob is written',
    received: `no blob ${quoted(blobName)}`,
  })
}

/** An id that no upload can have is a format error, whatever the device did before. */
function badCorrelation(correlationId: string, expired: boolean): HubError {
  if (!CORRELATION.test(Buffer.from(correlationId, 'base64').toString()))
    return new HubError({
      kind: 'IotHubFormatError',
      rule: 'WIRE-FILE-07',
      expected: 'a correlationId as this hub gives them',
      received: quoted(correlationId),
    })
  return new HubError({
    kind: expired ? 'ExpiredFileUploadCorrelationId' : 'InvalidFileUploadCorrelationId',
    rule: 'WIRE-FILE-07',
    expected: 'the correlationId of an upload that is open',
    received: expired ? 'one that has expired' : quoted(correlationId),
  })
}
