/**
 * The client's topics: those it publishes and subscribes to, and what the hub's mean.
 * Source: docs/contract/client/wire.md#client-wire-topics.
 */

import { percentDecode, percentEncode } from '../core/percent.ts'
import type { Identity } from '../core/ports.ts'

export const METHODS_FILTER = '$iothub/methods/POST/#'
export const TWIN_ANSWERS_FILTER = '$iothub/twin/res/#'
export const DESIRED_FILTER = '$iothub/twin/PATCH/properties/desired/#'

const METHODS = '$iothub/methods/POST/'
const TWIN_ANSWERS = '$iothub/twin/res/'
const DESIRED = '$iothub/twin/PATCH/properties/desired/'

/** Where one identity's messages go and come from. */
export interface MessageTopics {
  /** Telemetry; properties follow. */
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

/** What the hub publishes to a client. `properties` is still encoded. */
export type Inbound =
  | { readonly type: 'c2d'; readonly properties: string }
  | { readonly type: 'input'; readonly inputName: string; readonly properties: string }
  | { readonly type: 'method'; readonly methodName: string; readonly requestId: string }
  | { readonly type: 'twin-answer'; readonly status: number; readonly requestId: string }
  | { readonly type: 'desired' }

/** @returns undefined: not one of the hub's topics for this identity. @throws Error when one of them is malformed. */
export function parseInbound(topic: string, topics: MessageTopics): Inbound | undefined {
  if (topic.startsWith(METHODS)) {
    const [methodName = '', query = ''] = topic.slice(METHODS.length).split('/')
    return { type: 'method', methodName: percentDecode(methodName), requestId: requestIdOf(query, topic) }
  }
  if (topic.startsWith(TWIN_ANSWERS)) {
    const [status = '', query = ''] = topic.slice(TWIN_ANSWERS.length).split('/')
    if (!/^\d+$/.test(status)) throw new Error(`The status of a twin answer is no number: ${topic}`)
    return { type: 'twin-answer', status: Number(status), requestId: requestIdOf(query, topic) }
  }
  if (topic.startsWith(DESIRED)) return { type: 'desired' }
  const c2d = withoutHash(topics.c2dFilter)
  if (topic.startsWith(c2d)) return { type: 'c2d', properties: topic.slice(c2d.length) }
  const inputs = withoutHash(topics.inputsFilter)
  if (topic.startsWith(inputs)) {
    const rest = topic.slice(inputs.length)
    const cut = rest.indexOf('/')
    const inputName = cut < 0 ? rest : rest.slice(0, cut)
    if (inputName === '') throw new Error(`An input message names no input: ${topic}`)
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
  if (pair === undefined) throw new Error(`A topic of the hub has no $rid: ${topic}`)
  return percentDecode(pair.slice('$rid='.length))
}

function withoutHash(filter: string): string {
  return filter.slice(0, -1)
}
