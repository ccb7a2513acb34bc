/** The blob storage that comes with the hub: blobs under `/{container}/` of its own HTTPS port, signed with its own key. */

import { randomBytes } from 'node:crypto'
import type { BlobStorage } from '../core/contract/uploads.ts'
import type { Clock } from '../base/clock.ts'
import { BlobStore } from './blob-store.ts'
import { signBlobSas, type StorageAccount } from './storage-sas.ts'

export interface OwnStorageOptions {
  readonly clock: Clock
  /** Host name that devices reach the hub's HTTPS port by, without port. */
  readonly hostName: string
  /** @default 'uploads' */
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

  /** Carries the port when it is not 443: SDKs take the text as it is. */
  get hostName(): string {
    return this.#port === 443 ? this.#hostName : `${this.#hostName}:${String(this.#port)}`
  }

  /** The room that serves the blobs tells on which port. */
  servedOn(port: number): void {
    this.#port = port
  }

  sign(blobName: string, expiresAt: number): string {
    return signBlobSas(this.account, { container: this.containerName, blob: blobName }, 'rw', expiresAt)
  }

  sizeOf(blobName: string): Promise<number | undefined> {
    return Promise.resolve(this.store.find(blobName)?.size)
  }

  /** Deletes the blobs. */
  stop(): Promise<void> {
    return this.store.stop()
  }
}
