/** The user name of CONNECT: host, identity, api version and properties of the client (WIRE-CONN-10 to WIRE-CONN-15). */

import { percentDecoded } from '../../base/percent.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Identity } from '../../core/contract/identity.ts'

export interface ConnectUsername {
  /** As sent; case does not matter. */
  readonly host: string
  readonly identity: Identity
  readonly apiVersion: string | undefined
  readonly deviceClientType: string | undefined
  readonly modelId: string | undefined
  /** All properties, decoded; the first of duplicates counts. */
  readonly properties: ReadonlyMap<string, string>
}

const API_VERSION = /^\d{4}-\d\d-\d\d(-preview)?$/
/** Properties of a device may follow a slash without `?` (Go SDK, old C SDK), where a module id could be too. */
const KNOWN_PROPERTY = /^(api-version|DeviceClientType|model-id|auth-chain)=|^[^=&?/]+=[^&]*&/
const INLINE_PROPERTIES = /\?(?:(?:api-version|DeviceClientType|model-id|auth-chain)=|$)/

/** @throws HubError ArgumentInvalid (WIRE-CONN-21) or InvalidProtocolVersion (WIRE-CONN-15). */
export function parseConnectUsername(username: string): ConnectUsername {
  const slash = username.indexOf('/')
  if (slash <= 0) throw malformed(username, 'no host name and device id')
  const host = username.slice(0, slash)
  const device = segment(username.slice(slash + 1))
  if (device.id === '') throw malformed(username, 'an empty device id')
  const module = device.rest === '' || isProperties(device.rest) ? undefined : segment(device.rest)
  if (module?.id === '') throw malformed(username, 'an empty module id')
  const tail = module === undefined ? device.rest : module.rest
  if (module !== undefined && tail !== '' && !isProperties(tail)) {
    throw malformed(username, 'more than host, device id and module id before the properties')
  }
  // The Node SDK once sent it so and could not connect.
  if (module !== undefined && tail !== '' && !tail.startsWith('?')) {
    throw malformed(username, 'no question mark before the properties of a module', 'WIRE-CONN-34')
  }
  const properties = parseProperties(tail.startsWith('?') ? tail.slice(1) : tail)
  const apiVersion = properties.get('api-version')
  if (apiVersion !== undefined && !API_VERSION.test(apiVersion)) {
    throw new HubError({
      kind: 'InvalidProtocolVersion',
      message: `The api-version '${apiVersion}' is not supported.`,
      rule: 'WIRE-CONN-15',
      expected: 'api-version yyyy-MM-dd or yyyy-MM-dd-preview',
      received: `api-version ${apiVersion}`,
    })
  }
  return {
    host,
    identity: module === undefined ? { deviceId: device.id } : { deviceId: device.id, moduleId: module.id },
    apiVersion,
    deviceClientType: properties.get('DeviceClientType'),
    modelId: properties.get('model-id'),
    properties,
  }
}

/** One id and what follows its slash; `h/d?api-version=…`, as the Edge hub accepts it, has no slash. */
function segment(text: string): { id: string; rest: string } {
  const slash = text.indexOf('/')
  const inline = INLINE_PROPERTIES.exec(slash < 0 ? text : text.slice(0, slash))
  if (inline !== null) return { id: text.slice(0, inline.index), rest: text.slice(inline.index) }
  return slash < 0 ? { id: text, rest: '' } : { id: text.slice(0, slash), rest: text.slice(slash + 1) }
}

function isProperties(text: string): boolean {
  return text.startsWith('?') || KNOWN_PROPERTY.test(text)
}

function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = percentDecoded(equals < 0 ? pair : pair.slice(0, equals))
    if (!properties.has(name)) properties.set(name, equals < 0 ? '' : percentDecoded(pair.slice(equals + 1)))
  }
  return properties
}

function malformed(username: string, what: string, rule = 'WIRE-CONN-21'): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: 'The user name is malformed.',
    rule,
    expected: 'user name {host}/{deviceId}[/{moduleId}]/?api-version={version}',
    received: `${what}: ${JSON.stringify(username.slice(0, 300))}`,
  })
}
