/** The built-in blob storage: blobs under `/{container}/` on the HTTPS port of the hub, signed with a key of its own. */

import { randomBytes } from 'node:crypto'
import type { BlobStorage, UploadedBlob } from '../core/contract/services/uploads.ts'
import type { Commits } from '../core/contract/store/commits.ts'
import type { Clock } from '../base/clock.ts'
import { BlobStore } from './blob-store.ts'
import { signBlobSas, type StorageAccount } from './storage-sas.ts'

export interface OwnStorageOptions {
  readonly clock: Clock
  /** Host name of the hub's HTTPS port, without the port. */
  readonly hostName: string
  /** Default: `uploads`. */
  readonly containerName?: string | undefined
  /** Keeps the files of the blobs. Default: a temporary directory. */
  readonly directory?: string | undefined
  readonly commits?: Commits | undefined
}

/** What must not change with a restart: the signatures of uploads that are open. */
interface StoredStorage {
  readonly key: string
  readonly file: number
  readonly etag: number
  /** Jobs name their containers with it. Absent: an earlier version stored this. */
  readonly port?: number
}

export class BuiltInStorage implements BlobStorage {
  readonly containerName: string
  account: StorageAccount = {
    name: 'mockiothub',
    key: randomBytes(64).toString('base64'),
  }
  readonly store: BlobStore
  readonly #hostName: string
  readonly #commits: Commits | undefined
  #port = 443

  constructor({ clock, hostName, containerName, directory, commits }: OwnStorageOptions) {
    this.#hostName = hostName
    this.#commits = commits
    this.containerName = containerName ?? 'uploads'
    this.store = new BlobStore({ now: () => clock.now(), directory, commits })
    commits?.keep<StoredStorage>({
      kind: 'blobStorage',
      keys: () => ['own'],
      read: () => ({ key: this.account.key, ...this.store.numbers, port: this.#port }),
      load: ([document]) => {
        if (document === undefined) return
        this.account = { ...this.account, key: document.value.key }
        this.store.numbers = document.value
        this.#port = document.value.port ?? this.#port
      },
    })
    // The key is kept before the first signature leaves.
    commits?.changed('blobStorage', 'own')
  }

  /** Includes the port when it is not 443: SDKs use the text unchanged. */
  get hostName(): string {
    return this.#port === 443 ? this.#hostName : `${this.#hostName}:${String(this.#port)}`
  }

  /** The HTTP adapter reports the port that serves the blobs. */
  servedOn(port: number): void {
    if (port === this.#port) return
    this.#port = port
    this.#commits?.changed('blobStorage', 'own')
  }

  sign(blobName: string, expiresAt: number): string {
    return signBlobSas(this.account, { container: this.containerName, blob: blobName }, 'rw', expiresAt)
  }

  find(blobName: string): Promise<UploadedBlob | undefined> {
    return Promise.resolve(this.store.find(blobName))
  }

  /** Deletes the blobs. */
  clear(): Promise<void> {
    return this.store.clear()
  }
}
