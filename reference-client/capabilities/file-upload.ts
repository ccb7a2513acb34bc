/**
 * The two calls of a file upload, over HTTPS.
 * Source: docs/contract/client/wire.md#client-wire-http,
 * docs/contract/client/uploads.md#client-uploads-both.
 */

import type { Scope } from '../core/call.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import type { JsonObject } from '../core/models/json.ts'
import type { StorageInfo } from '../core/models/upload.ts'
import { percentEncode } from '../core/percent.ts'
import type { HubHttp } from '../core/ports.ts'
import { API_VERSION } from '../mqtt/connect-username.ts'

/** The fixed limit of the Python SDK (docs/contract/client/timing.md#client-timing). */
export const HTTP_LIMIT_MS = 10_000

export async function getStorageInfo(
  http: HubHttp,
  deviceId: string,
  blobName: string,
  scope: Scope | undefined,
): Promise<StorageInfo> {
  const info = await http.post({
    path: `/devices/${percentEncode(deviceId)}/files?api-version=${API_VERSION}`,
    body: { blobName },
    limitMs: HTTP_LIMIT_MS,
    signal: scope?.signal,
  })
  if (isStorageInfo(info)) return info
  throw new ClientError('Unexpected failure', {
    cause: new Error('The response of the hub is not storage information'),
  })
}

export async function notifyUpload(
  http: HubHttp,
  deviceId: string,
  outcome: JsonObject,
  scope: Scope | undefined,
): Promise<void> {
  await http.post({
    path: `/devices/${percentEncode(deviceId)}/files/notifications?api-version=${API_VERSION}`,
    body: outcome,
    limitMs: HTTP_LIMIT_MS,
    signal: scope?.signal,
  })
}

/** The response is passed on as it is; only its type is checked. */
function isStorageInfo(value: unknown): value is StorageInfo {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
