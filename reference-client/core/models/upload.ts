/** File upload. */

/**
 * What the hub needs to let a blob be uploaded; `getStorageInfoForBlob` gives it.
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
  /** Repeat it in `notifyBlobUploadStatus`. */
  readonly correlationId: string
  /** Host of the storage account. */
  readonly hostName: string
  /** Container in that account. */
  readonly containerName: string
  /** Name of the blob in that container, the device id first. */
  readonly blobName: string
  /** Query string that gives access to this one blob. */
  readonly sasToken: string
}
