/** The storage information of a file upload. */

/**
 * Where and how to upload a blob; `getStorageInfoForBlob` returns it.
 *
 * @example
 * ```ts
 * import type { StorageInfo } from 'mock-iot-hub-client'
 *
 * export function uploadUrl({ hostName, containerName, blobName, sasToken }: StorageInfo): string {
 *   return `https://${hostName}/${containerName}/${encodeURI(blobName)}${sasToken}`
 * }
 * ```
 */
export interface StorageInfo {
  /** Identifies the upload; pass it to `notifyBlobUploadStatus`. */
  readonly correlationId: string
  /** Host name of the storage account. */
  readonly hostName: string
  /** Container in that account. */
  readonly containerName: string
  /** Name of the blob in that container; it starts with the device id. */
  readonly blobName: string
  /** Query string that grants access to this blob. */
  readonly sasToken: string
}
