/**
 * The client id and user name of CONNECT, and the agent string.
 * Source: docs/contract/client/wire.md#client-wire-connect;
 * docs/contract/connecting.md#connecting-client-id, docs/contract/connecting.md#connecting-username.
 */

import { arch, release, type as osType } from 'node:os'
import { percentEncode } from '../core/percent.ts'
import type { Identity } from '../core/ports.ts'

/** Version of the device API, and the version that supports models (SRC-21). */
export const API_VERSION = '2019-10-01'
const API_VERSION_WITH_MODELS = '2020-09-30'
/** Product info with this prefix names a model. */
const MODEL = 'dtmi'

export const CLIENT_VERSION = '0.1.0'

/** Identifies the client software. */
export const AGENT = `mock-iot-hub-client/${CLIENT_VERSION}(node ${process.version};${osType()} ${release()};${arch()})`

/** `device` or `device/module`; the ids are not encoded. */
export function clientIdOf({ deviceId, moduleId }: Identity): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
}

/** @param hostName - host name of the hub, also behind a gateway (SRC-22). */
export function formatUsername(
  hostName: string,
  identity: Identity,
  productInfo: string,
  agent = AGENT,
): string {
  const modelled = productInfo.startsWith(MODEL)
  const query = modelled
    ? `api-version=${API_VERSION_WITH_MODELS}&DeviceClientType=${percentEncode(agent)}&model-id=${percentEncode(productInfo)}`
    : `api-version=${API_VERSION}&DeviceClientType=${percentEncode(agent + productInfo)}`
  return `${hostName}/${clientIdOf(identity)}/?${query}`
}
