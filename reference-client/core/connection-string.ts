/**
 * Parses and checks `HostName=…;DeviceId=…;SharedAccessKey=…`, in the order of the Python SDK.
 * Source: docs/contract/client/construction.md#client-connection-string.
 */

import { ValueError } from './errors/value-error.ts'

const KEYS = [
  'HostName',
  'SharedAccessKeyName',
  'SharedAccessKey',
  'SharedAccessSignature',
  'DeviceId',
  'ModuleId',
  'GatewayHostName',
  'x509',
] as const
type Key = (typeof KEYS)[number]

export interface ConnectionString {
  readonly hostName: string
  readonly deviceId: string
  readonly moduleId: string | undefined
  readonly gatewayHostName: string | undefined
  readonly sharedAccessKey: string
}

/**
 * @throws TypeError when it is not a string; ValueError when it is malformed, incomplete or declares X.509. No message
 * contains a value of the connection string.
 */
export function parseConnectionString(text: unknown): ConnectionString {
  if (typeof text !== 'string') throw new TypeError(`Connection String must be a string, was ${typeof text}`)
  const parts = partsOf(text)
  const value = (key: Key) => parts.get(key) ?? ''
  if (parts.has('x509') && parts.has('SharedAccessKey')) {
    throw invalid('Mixed authentication scheme')
  }
  if (parts.has('x509')) {
    throw new ValueError('Use createFromX509Certificate for clients that authenticate with X.509')
  }
  for (const key of ['HostName', 'DeviceId', 'SharedAccessKey'] as const) {
    if (value(key) === '') throw invalid(`Incomplete: ${key} is missing`)
  }
  return {
    hostName: value('HostName'),
    deviceId: value('DeviceId'),
    moduleId: value('ModuleId') || undefined,
    gatewayHostName: value('GatewayHostName') || undefined,
    sharedAccessKey: value('SharedAccessKey'),
  }
}

function partsOf(text: string): Map<Key, string> {
  const parts = new Map<Key, string>()
  for (const part of text.split(';')) {
    const cut = part.indexOf('=')
    if (cut < 0) throw invalid('Unable to parse: each part must have the form Name=value')
    const key = part.slice(0, cut)
    if (!isKey(key)) throw invalid(`Invalid Key: must be one of ${KEYS.join(', ')}`)
    if (parts.has(key)) throw invalid(`Unable to parse: ${key} occurs twice`)
    parts.set(key, part.slice(cut + 1))
  }
  return parts
}

function isKey(text: string): text is Key {
  return (KEYS as readonly string[]).includes(text)
}

function invalid(why: string): ValueError {
  return new ValueError(`Invalid Connection String - ${why}`)
}
