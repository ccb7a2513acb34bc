/** The nodes of the hub that a client can attach to, in every spelling that clients use (docs/contract/amqp.md). */

import { percentDecoded } from '../base/percent.ts'
import type { Identity } from '../core/contract/identity.ts'

export type Node =
  | { readonly type: 'cbs' | 'devicebound' | 'feedback' | 'fileNotifications' }
  | { readonly type: 'management'; readonly entity: string | undefined }
  /** `rest`: the part of the address after `messages/events/`. */
  | { readonly type: 'hubEvents'; readonly rest: string }
  | { readonly type: 'eventHub'; readonly entity: string }
  | {
      readonly type: 'partition'
      readonly entity: string
      readonly consumerGroup: string
      readonly partition: string
    }
  | { readonly type: 'device'; readonly identity: Identity; readonly endpoint: DeviceEndpoint }

/** A module also receives its inputs at `events`. */
export type DeviceEndpoint = 'events' | 'devicebound' | 'methods' | 'twin'

const ENDPOINTS: ReadonlyMap<string, DeviceEndpoint> = new Map([
  ['messages/events', 'events'],
  ['messages/devicebound', 'devicebound'],
  ['methods/devicebound', 'methods'],
  ['twin', 'twin'],
])
const SERVICE: ReadonlyMap<string, 'devicebound' | 'feedback' | 'fileNotifications'> = new Map([
  ['messages/devicebound', 'devicebound'],
  ['messages/servicebound/feedback', 'feedback'],
  ['messages/servicebound/filenotifications', 'fileNotifications'],
])

/** @returns undefined: there is no such node. The name of an Event Hubs entity is not checked here. */
export function parseAddress(address: string): Node | undefined {
  const segments = segmentsOf(address)
  const path = segments.map((segment) => segment.toLowerCase())
  const text = path.join('/')
  if (text === '$cbs') return { type: 'cbs' }
  const service = SERVICE.get(text)
  if (service !== undefined) return { type: service }
  if (path.at(-1) === '$management' && segments.length <= 2 && path[0] !== 'messages')
    return { type: 'management', entity: segments.length === 2 ? segments[0] : undefined }
  if (path[0] === 'messages' && path[1] === 'events')
    return { type: 'hubEvents', rest: segments.slice(2).join('/') }
  if (path[0] === 'devices') return deviceNode(segments)
  const [entity = '', , consumerGroup = '', , partition = ''] = segments
  if (segments.length === 1 && entity !== '') return { type: 'eventHub', entity }
  if (segments.length === 5 && path[1] === 'consumergroups' && path[3] === 'partitions')
    return { type: 'partition', entity, consumerGroup, partition }
  return undefined
}

/** @param segments of `/devices/{d}[/modules/{m}]/…`. */
function deviceNode([, deviceId = '', ...rest]: readonly string[]): Node | undefined {
  const ofModule = rest[0]?.toLowerCase() === 'modules'
  const moduleId = ofModule ? rest[1] : undefined
  const path = rest.slice(ofModule ? 2 : 0).join('/')
  const endpoint = ENDPOINTS.get(path.toLowerCase())
  if (endpoint === undefined || deviceId === '' || (ofModule && (moduleId ?? '') === '')) return undefined
  return {
    type: 'device',
    identity: moduleId === undefined ? { deviceId } : { deviceId, moduleId },
    endpoint,
  }
}

/**
 * The identity in a message's `to`, such as `/devices/{d}/messages/devicebound`.
 * @returns undefined: it names no identity.
 */
export function parseRecipient(to: string): Identity | undefined {
  const node = parseAddress(to)
  return node?.type === 'device' && node.endpoint === 'devicebound' ? node.identity : undefined
}

/** The path segments of an address or of a token's audience, which may be a whole URL and percent-encoded. */
export function segmentsOf(address: string): readonly string[] {
  const path = address.replace(/^[a-z]+:\/\/[^/]*\/?/i, '').replace(/\?.*$/, '')
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map(percentDecoded)
}
