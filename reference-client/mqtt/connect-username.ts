/**
 * Client id and user name of CONNECT, and the agent string.
 * Source: docs/contract/client/wire.md#client-wire-connect;
 * docs/contract/connecting.md#connecting-client-id, docs/contract/connecting.md#connecting-username.
 */

import { arch, release, type as osType } from 'node:os'
import { percentEncode } from '../core/percent.ts'
import type { Identity } from '../core/ports.ts'

/** Version of the hub's device API, and the one that knows models (SRC-21). */
export const API_VERSION = '2019-10-01'
const API_VERSION_WITH_MODELS = '2020-09-30'
/** Product info that starts so names a model. */
const MODEL = 'dtmi'

export const CLIENT_VERSION = '0.1.0'

/** Who we are, for the hub's statistics. */
export const AGENT = `mock-iot-hub-client/${CLIENT_VERSION}(node ${process.version};${osType()} ${release()};${arch()})`

/** `device` or `device/module`; ids are never encoded here. */
export function clientIdOf({ deviceId, moduleId }: Identity): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
}

/** @param hostName - of the hub, also when a gateway is dialled (SRC-22). */
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
