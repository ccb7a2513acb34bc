/** File uploads: SAS tickets, results, notifications, and the storage of the blobs. */

export interface UploadTicket {
  readonly correlationId: string
  readonly hostName: string
  readonly containerName: string
  readonly blobName: string
  /** Query string with its leading `?`. */
  readonly sasToken: string
}

export interface UploadResult {
  readonly correlationId: string
  readonly isSuccess: boolean
  readonly statusCode?: number | undefined
  readonly statusDescription?: string | undefined
}

/** The storage of uploaded blobs: the hub's own, Azurite, or a storage account. */
export interface BlobStorage {
  readonly hostName: string
  readonly containerName: string
  /** A SAS to read and write one blob, as a query string with its `?`. @param expiresAt epoch ms. */
  sign(blobName: string, expiresAt: number): string | Promise<string>
  /** Size in bytes; undefined: no such blob. */
  sizeOf(blobName: string): Promise<number | undefined>
}

export interface FileNotification {
  readonly deviceId: string
  readonly blobUri: string
  readonly blobName: string
  readonly lastUpdatedTime: string
  readonly blobSizeInBytes: number
  readonly enqueuedTimeUtc: string
}
