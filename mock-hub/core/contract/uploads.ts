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

/** The storage of uploaded blobs: the hub itself, Azurite, or a storage account. */
export interface BlobStorage {
  readonly hostName: string
  readonly containerName: string
  /** A SAS that allows to read and write one blob, as a query string with its `?`. @param expiresAt - epoch ms. */
  sign(blobName: string, expiresAt: number): string | Promise<string>
  /** Size of a blob in bytes; undefined: it does not exist. */
  sizeOf(blobName: string): Promise<number | undefined>
}

/** A notification that a file upload has finished. */
export interface FileNotification {
  /** ID of the device that uploaded the file. */
  readonly deviceId: string
  /** URI of the blob, without a signature. */
  readonly blobUri: string
  /** Name of the blob. */
  readonly blobName: string
  /** Time of the last change of the blob, ISO 8601 in UTC. */
  readonly lastUpdatedTime: string
  /** Size of the blob. */
  readonly blobSizeInBytes: number
  /** Time of the notification, ISO 8601 in UTC. */
  readonly enqueuedTimeUtc: string
}
