/** File uploads: tickets, results, and the storage that holds the blobs. */

/** Where and how a device may upload a file. */
export interface UploadTicket {
  /** Identifies the upload. */
  readonly correlationId: string
  /** Host name of the storage. */
  readonly hostName: string
  /** Container of the blob. */
  readonly containerName: string
  /** Name of the blob, with the device ID as its first segment. */
  readonly blobName: string
  /** SAS as a query string, with its `?`. */
  readonly sasToken: string
}

/** The result of an upload, as the device reports it. */
export interface UploadResult {
  /** Identifies the upload. */
  readonly correlationId: string
  /** Whether the upload succeeded. */
  readonly isSuccess: boolean
  /** Status that the device reports. */
  readonly statusCode?: number | undefined
  /** Description that the device reports. */
  readonly statusDescription?: string | undefined
}

/** A blob as the storage reports it. */
export interface UploadedBlob {
  /** In bytes. */
  readonly size: number
  /** Time of the last change, epoch ms. */
  readonly modifiedAt: number
}

/** The storage of uploaded blobs: the hub itself, Azurite, or a storage account. */
export interface BlobStorage {
  readonly hostName: string
  readonly containerName: string
  /** A SAS that allows to read and write one blob, as a query string with its `?`. @param expiresAt - epoch ms. */
  sign(blobName: string, expiresAt: number): string | Promise<string>
  /** A blob; undefined: it does not exist. */
  find(blobName: string): Promise<UploadedBlob | undefined>
}

/** A notification that a file upload has finished. */
export interface FileNotification {
  /** ID of the device that uploaded the file. */
  readonly deviceId: string
  /** URI of the blob, without a signature. */
  readonly blobUri: string
  /** Name of the blob. */
  readonly blobName: string
  /** Time of the last change of the blob in whole seconds, ISO 8601 with the offset `+00:00`. */
  readonly lastUpdatedTime: string
  /** Size of the blob. */
  readonly blobSizeInBytes: number
  /** Time of the notification, ISO 8601 in UTC. */
  readonly enqueuedTimeUtc: string
}
