/**
 * Invokes a method of a device or of another module, through the gateway.
 * Source: docs/contract/client/wire.md#client-wire-http; decision D-23.
 */

import type { Scope } from '../core/call.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { MethodParams, MethodResult } from '../core/models/method.ts'
import { percentEncode } from '../core/percent.ts'
import type { HubHttp, Identity } from '../core/ports.ts'
import { API_VERSION, clientIdOf } from '../mqtt/connect-username.ts'
import { HTTP_LIMIT_MS } from './file-upload.ts'

/** Added to the timeouts of the method for the network. */
const MARGIN_S = 5

/** @throws the errors of HTTPS calls; ClientError when the response is not a method result. */
export async function invokeMethod(
  http: HubHttp,
  caller: Identity,
  params: MethodParams,
  target: Identity,
  scope: Scope | undefined,
): Promise<MethodResult> {
  const { deviceId, moduleId } = target
  const path =
    moduleId === undefined
      ? `/twins/${percentEncode(deviceId)}/methods`
      : `/twins/${percentEncode(deviceId)}/modules/${percentEncode(moduleId)}/methods`
  const result = await http.post({
    path: `${path}?api-version=${API_VERSION}`,
    body: { ...params },
    headers: { 'x-ms-edge-moduleId': clientIdOf(caller) },
    limitMs: limitOf(params),
    signal: scope?.signal,
  })
  if (isMethodResult(result)) return result
  throw new ClientError('Unexpected failure', {
    cause: new Error('The response of the gateway is not a method result'),
  })
}

/** @throws TypeError, ValueError. */
export function assertParams(params: unknown): asserts params is MethodParams {
  if (typeof params !== 'object' || params === null) throw new TypeError('methodParams must be an object')
  if (!('methodName' in params) || params.methodName === undefined || params.methodName === '') {
    throw new ValueError('methodParams.methodName is missing')
  }
  if (typeof params.methodName !== 'string') throw new TypeError('methodParams.methodName must be a string')
}

function limitOf({ connectTimeoutInSeconds, responseTimeoutInSeconds }: MethodParams): number {
  const seconds = (connectTimeoutInSeconds ?? 0) + (responseTimeoutInSeconds ?? 0) + MARGIN_S
  return Math.max(HTTP_LIMIT_MS, seconds * 1_000)
}

function isMethodResult(value: unknown): value is MethodResult {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
