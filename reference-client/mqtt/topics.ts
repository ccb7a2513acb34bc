/**
 * The topics that the client publishes and subscribes to, and the meaning of those it receives.
 * Source: docs/contract/client/wire.md#client-wire-topics.
 */

import { percentDecode, percentEncode } from '../core/percent.ts'
import type { Identity } from '../core/ports.ts'

export const METHODS_FILTER = '$iothub/methods/POST/#'
export const TWIN_RESPONSES_FILTER = '$iothub/twin/res/#'
export const DESIRED_FILTER = '$iothub/twin/PATCH/properties/desired/#'

const METHODS = '$iothub/methods/POST/'
const TWIN_RESPONSES = '$iothub/twin/res/'
const DESIRED = '$iothub/twin/PATCH/properties/desired/'

/** The message topics of one identity. */
export interface MessageTopics {
  /** Telemetry; the properties are appended. */
  readonly events: string
  readonly c2dFilter: string
  readonly inputsFilter: string
}

export function messageTopics({ deviceId, moduleId }: Identity): MessageTopics {
  const base = `devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`
  return {
    events: `${base}/messages/events/`,
    c2dFilter: `devices/${deviceId}/messages/devicebound/#`,
    inputsFilter: `${base}/inputs/#`,
  }
}

export function twinGetTopic(requestId: string): string {
  return `$iothub/twin/GET/?$rid=${requestId}`
}

export function reportedPatchTopic(requestId: string): string {
  return `$iothub/twin/PATCH/properties/reported/?$rid=${requestId}`
}

export function methodResponseTopic(requestId: string, status: string | number): string {
  return `$iothub/methods/res/${percentEncode(String(status))}/?$rid=${percentEncode(requestId)}`
}

/** A message of the hub. `properties` is still encoded. */
export type Inbound =
  | { readonly type: 'c2d'; readonly properties: string }
  | { readonly type: 'input'; readonly inputName: string; readonly properties: string }
  | { readonly type: 'method'; readonly methodName: string; readonly requestId: string }
  | { readonly type: 'twin-response'; readonly status: number; readonly requestId: string }
  | { readonly type: 'desired' }

/** @returns undefined when the topic is unknown for this identity. @throws Error when it is malformed. */
export function parseInbound(topic: string, topics: MessageTopics): Inbound | undefined {
  if (topic.startsWith(METHODS)) {
    const [methodName = '', query = ''] = topic.slice(METHODS.length).split('/')
    return { type: 'method', methodName: percentDecode(methodName), requestId: requestIdOf(query, topic) }
  }
  if (topic.startsWith(TWIN_RESPONSES)) {
    const [status = '', query = ''] = topic.slice(TWIN_RESPONSES.length).split('/')
    if (!/^\d+$/.test(status)) throw new Error(`The status of a twin response must be a number: ${topic}`)
    return { type: 'twin-response', status: Number(status), requestId: requestIdOf(query, topic) }
  }
  if (topic.startsWith(DESIRED)) return { type: 'desired' }
  const c2d = withoutHash(topics.c2dFilter)
  if (topic.startsWith(c2d)) return { type: 'c2d', properties: topic.slice(c2d.length) }
  const inputs = withoutHash(topics.inputsFilter)
  if (topic.startsWith(inputs)) {
    const rest = topic.slice(inputs.length)
    const cut = rest.indexOf('/')
    const inputName = cut < 0 ? rest : rest.slice(0, cut)
    if (inputName === '') throw new Error(`The topic of an input message must name the input: ${topic}`)
    return {
      type: 'input',
      inputName: percentDecode(inputName),
      properties: cut < 0 ? '' : rest.slice(cut + 1),
    }
  }
  return undefined
}

function requestIdOf(query: string, topic: string): string {
  const pair = query
    .replace(/^\?/, '')
    .split('&')
    .find((item) => item.startsWith('$rid='))
  if (pair === undefined) throw new Error(`The topic must contain $rid: ${topic}`)
  return percentDecode(pair.slice('$rid='.length))
}

function withoutHash(filter: string): string {
  return filter.slice(0, -1)
}
