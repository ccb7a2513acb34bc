/** The built-in blob storage: blobs under `/{container}/` on the HTTPS port of the hub, signed with a key of its own. */

import { randomBytes } from 'node:crypto'
import type { BlobStorage, UploadedBlob } from '../core/contract/services/uploads.ts'
import type { Clock } from '../base/clock.ts'
import { BlobStore } from './blob-store.ts'
import { signBlobSas, type StorageAccount } from './storage-sas.ts'

export interface OwnStorageOptions {
  readonly clock: Clock
  /** Host name of the hub's HTTPS port, without the port. */
  readonly hostName: string
  /** Default: `uploads`. */
  readonly containerName?: string | undefined
}

export class BuiltInStorage implements BlobStorage {
  readonly containerName: string
  readonly account: StorageAccount = {
    name: 'mockiothub',
    key: randomBytes(64).toString('base64'),
  }
  readonly store: BlobStore
  readonly #hostName: string
  #port = 443

  constructor({ clock, hostName, containerName }: OwnStorageOptions) {
    this.#hostName = hostName
    this.containerName = containerName ?? 'uploads'
    this.store = new BlobStore(() => clock.now())
  }

  /** Includes the port when it is not 443: SDKs use the text unchanged. */
  get hostName(): string {
    return this.#port === 443 ? this.#hostName : `${this.#hostName}:${String(this.#port)}`
  }

  /** The HTTP adapter reports the port that serves the blobs. */
  servedOn(port: number): void {
    this.#port = port
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
