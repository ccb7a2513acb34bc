/**
 * The hub's topics: parses those to which devices publish, and writes those to which the hub publishes
 * (docs/contract/mqtt.md). Identities are never percent-encoded in topics (WIRE-CONN-17).
 */

import type { Identity } from '../../core/contract/identity.ts'
import { parameter, requestIdIn } from './topic-parameters.ts'

/** What a PUBLISH of a device means. */
export type DevicePublish =
  | { readonly type: 'telemetry'; readonly identity: Identity; readonly bag: string }
  | { readonly type: 'twinGet'; readonly requestId: string }
  | {
      readonly type: 'twinPatch'
      readonly requestId: string
      /** Text after `$version=`; undefined: not given. */
      readonly baseVersion: string | undefined
    }
  | { readonly type: 'methodResponse'; readonly requestId: string; readonly status: number }

const TELEMETRY = /^devices\/([^/]+)(?:\/modules\/([^/]+))?\/messages\/events(?:\/(.*))?$/s
const TWIN_GET = '$iothub/twin/GET/?'
const TWIN_PATCH = '$iothub/twin/PATCH/properties/reported/?'
const METHOD_RESPONSE = /^\$iothub\/methods\/res\/(-?\d{1,10})\/\?(.*)$/s

/** @returns undefined: a device may not publish to this topic. @throws MalformedPacket for a request id that is too long. */
export function parsePublishTopic(topic: string): DevicePublish | undefined {
  if (topic.startsWith('devices/')) {
    const match = TELEMETRY.exec(topic)
    if (match === null) return undefined
    return { type: 'telemetry', identity: identityOf(match[1] ?? '', match[2]), bag: match[3] ?? '' }
  }
  if (topic.startsWith(TWIN_GET)) {
    const requestId = requestIdIn(topic.slice(TWIN_GET.length))
    return requestId === undefined ? undefined : { type: 'twinGet', requestId }
  }
  if (topic.startsWith(TWIN_PATCH)) {
    const query = topic.slice(TWIN_PATCH.length)
    const requestId = requestIdIn(query)
    if (requestId === undefined) return undefined
    return { type: 'twinPatch', requestId, baseVersion: parameter(query, '$version') }
  }
  const response = METHOD_RESPONSE.exec(topic)
  if (response === null) return undefined
  const requestId = requestIdIn(response[2] ?? '')
  return requestId === undefined
    ? undefined
    : { type: 'methodResponse', requestId, status: Number(response[1]) }
}

function identityOf(deviceId: string, moduleId: string | undefined): Identity {
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId }
}

/** Whether a topic is the telemetry topic of this identity, with any bag. */
export function isTelemetryOf(topic: string, identity: Identity): boolean {
  const root = telemetryRoot(identity)
  return isTopicName(topic) && (topic === root || topic.startsWith(`${root}/`))
}

/** Whether a PUBLISH may name the topic: it holds no wildcard and no U+0000 (MQTT-3.3.2-2, MQTT-1.5.3-2). */
export function isTopicName(topic: string): boolean {
  return !/[#+\u0000]/.test(topic)
}

/** `devices/d` or `devices/d/modules/m`. */
export function ownRoot(identity: Identity): string {
  const device = `devices/${identity.deviceId}`
  return identity.moduleId === undefined ? device : `${device}/modules/${identity.moduleId}`
}

/** The telemetry topic of an identity, without the slash before the bag. */
export function telemetryRoot(identity: Identity): string {
  return `${ownRoot(identity)}/messages/events`
}

/** The slash before the bag is written even when the bag is empty (WIRE-C2D-03). */
export function formatC2d(identity: Identity, bag: string): string {
  return `${ownRoot(identity)}/messages/devicebound/${bag}`
}

export function formatInput(identity: Identity, inputName: string, bag: string): string {
  return `${ownRoot(identity)}/inputs/${inputName}/${bag}`
}

/** `$rid` is first: the Java SDK reads it by position (WIRE-TWIN-09). */
export function formatTwinResponse(status: number, requestId: string, version?: number): string {
  const tail = version === undefined ? '' : `&$version=${version}`
  return `$iothub/twin/res/${status}/?$rid=${requestId}${tail}`
}

export function formatDesired(version: number): string {
  return `$iothub/twin/PATCH/properties/desired/?$version=${version}`
}

/** Nothing follows the request id: azure-sdk-for-c takes everything up to the end (WIRE-METH-03). */
export function formatMethodRequest(methodName: string, requestId: string): string {
  return `$iothub/methods/POST/${methodName}/?$rid=${requestId}`
}
