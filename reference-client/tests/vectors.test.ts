/** Tests the codecs of the client with the shared vectors, which come from their sources and not from this code. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeKey, formatSasToken, parseSasToken, signWithKey, textToSign } from '../auth/sas-token.ts'
import { type Identity as FullIdentity } from '../core/ports.ts'
import { Message, type PropertyValue } from '../core/models/message.ts'
import { serviceErrorFrom } from '../core/errors/service-error.ts'
import { clientIdOf, formatUsername } from '../mqtt/connect-username.ts'
import { formatProperties, parseMessage } from '../mqtt/property-bag.ts'
import {
  DESIRED_FILTER,
  messageTopics,
  METHODS_FILTER,
  methodResponseTopic,
  parseInbound,
  reportedPatchTopic,
  TWIN_RESPONSES_FILTER,
  twinGetTopic,
} from '../mqtt/topics.ts'

interface Row {
  readonly name: string
  readonly source: string
  readonly side?: 'hub' | 'client'
}

type Identity = Partial<FullIdentity> & { readonly deviceId: string }

const full = ({ deviceId, moduleId }: Identity): FullIdentity => ({ deviceId, moduleId })

/** The rows of a file that apply to clients. */
function rowsOf<R extends Row>(file: string): R[] {
  const path = resolve(import.meta.dirname, '../..', 'features', 'vectors', file)
  const rows = JSON.parse(readFileSync(path, 'utf8')) as R[]
  return rows.filter(({ side }) => side !== 'hub')
}

const label = (row: Row) => `${row.name} (${row.source})`

describe('topics.json', () => {
  type Means =
    | { readonly type: 'telemetry' | 'c2d'; readonly bag: string }
    | { readonly type: 'input'; readonly inputName: string; readonly bag: string }
    | { readonly type: 'twinGet'; readonly requestId: string }
    | { readonly type: 'twinPatch'; readonly requestId: string; readonly baseVersion?: string }
    | { readonly type: 'methodResponse' | 'twinAnswer'; readonly requestId: string; readonly status: number }
    | { readonly type: 'method'; readonly requestId: string; readonly methodName: string }
    | { readonly type: 'desired' }
  interface TopicRow extends Row {
    readonly direction: 'toHub' | 'fromHub' | 'subscribe'
    readonly topic: string
    readonly identity: Identity
    readonly means: Means | null
  }
  const rows = rowsOf<TopicRow>('topics.json')

  function written(identity: Identity, means: Means | null): string | undefined {
    switch (means?.type) {
      case 'telemetry':
        return messageTopics(full(identity)).events + means.bag
      case 'twinGet':
        return twinGetTopic(means.requestId)
      case 'twinPatch':
        return means.baseVersion === undefined ? reportedPatchTopic(means.requestId) : undefined
      case 'methodResponse':
        return methodResponseTopic(means.requestId, means.status)
      default:
        return undefined
    }
  }

  /** Maps the names of the vectors to the names of this client. */
  function read(means: Means): object | undefined {
    switch (means.type) {
      case 'c2d':
        return { type: 'c2d', properties: means.bag }
      case 'input':
        return { type: 'input', inputName: means.inputName, properties: means.bag }
      case 'method':
        return { type: 'method', methodName: means.methodName, requestId: means.requestId }
      case 'twinAnswer':
        return { type: 'twin-response', status: means.status, requestId: means.requestId }
      case 'desired':
        return { type: 'desired' }
      default:
        return undefined
    }
  }

  it.each(rows.filter(({ direction }) => direction === 'fromHub').map((row) => [label(row), row] as const))(
    'reads %s',
    (_label, { topic, identity, means }) => {
      const topics = messageTopics(full(identity))
      if (means === null) expect(parseInbound(topic, topics)).toBeUndefined()
      else expect(parseInbound(topic, topics)).toEqual(read(means))
    },
  )

  it.each(
    rows
      .filter((row) => row.direction === 'toHub' && written(row.identity, row.means) !== undefined)
      .map((row) => [label(row), row] as const),
  )('writes %s', (_label, { topic, identity, means }) => {
    expect(written(identity, means)).toBe(topic)
  })

  it('contains every filter that this client subscribes to', () => {
    const known = rows.filter(({ direction }) => direction === 'subscribe').map(({ topic }) => topic)
    for (const filter of [METHODS_FILTER, TWIN_RESPONSES_FILTER, DESIRED_FILTER])
      expect(known).toContain(filter)
  })
})

describe('property-bag.json', () => {
  interface BagRow extends Row {
    readonly direction: 'toHub' | 'fromHub'
    readonly bag: string
    readonly system: Readonly<Record<string, string>>
    readonly properties: Readonly<Record<string, PropertyValue>>
    readonly writes?: boolean
  }
  const rows = rowsOf<BagRow>('property-bag.json')
  const FIELDS = {
    '$.on': 'outputName',
    '$.mid': 'messageId',
    '$.cid': 'correlationId',
    '$.uid': 'userId',
    '$.ct': 'contentType',
    '$.ce': 'contentEncoding',
    '$.exp': 'expiryTimeUtc',
    'iothub-ack': 'ack',
  } as const
  const isField = (key: string): key is keyof typeof FIELDS => key in FIELDS

  it.each(
    rows
      .filter(({ direction, writes }) => direction === 'toHub' && writes === true)
      .map((row) => [label(row), row] as const),
  )('writes %s', (_label, { bag, system, properties }) => {
    const message = new Message('')
    for (const [key, value] of Object.entries(system)) {
      if (key === '$.ifid') message.setAsSecurityMessage()
      else if (isField(key)) message[FIELDS[key]] = value
      else expect.unreachable(`no field for ${key}`)
    }
    message.customProperties = { ...properties }
    expect(formatProperties(message)).toBe(bag)
  })

  it.each(rows.filter(({ direction }) => direction === 'fromHub').map((row) => [label(row), row] as const))(
    'reads %s',
    (_label, { bag, system, properties }) => {
      const message = parseMessage(bag, Buffer.alloc(0))
      const custom: Record<string, PropertyValue> = { ...properties }
      for (const [key, value] of Object.entries(system)) {
        if (key === '$.to') continue
        if (isField(key) && key !== '$.on') expect(message[FIELDS[key]]).toBe(value)
        else custom[key] = value
      }
      expect(message.customProperties).toEqual(custom)
    },
  )
})

describe('connect-username.json', () => {
  interface NameRow extends Row {
    readonly username: string
    readonly host: string
    readonly identity: Identity
    readonly clientId: string
    readonly agent: string
    readonly productInfo: string
  }
  it.each(rowsOf<NameRow>('connect-username.json').map((row) => [label(row), row] as const))(
    'writes %s',
    (_label, { username, host, identity, clientId, agent, productInfo }) => {
      expect(formatUsername(host, full(identity), productInfo, agent)).toBe(username)
      expect(clientIdOf(full(identity))).toBe(clientId)
    },
  )
})

describe('sas-token.json', () => {
  interface TokenRow extends Row {
    readonly kind: string
    readonly key?: string
    readonly resource?: string
    readonly expiresAt?: number
    readonly keyName?: string
    readonly signature?: string
    readonly token?: string
    readonly text?: string
    readonly refused?: true
    readonly fields?: { hostName: string; deviceId: string; moduleId?: string; expiresAt?: number }
  }
  const rows = rowsOf<TokenRow>('sas-token.json')
  const ofKind = (...kinds: string[]) =>
    rows.filter(({ kind }) => kinds.includes(kind)).map((row) => [label(row), row] as const)

  it.each(ofKind('sign', 'text', 'format'))('writes %s', (_label, row) => {
    const { key, resource = '', expiresAt = 0, keyName, signature, text, token } = row
    const toSign = textToSign(resource, expiresAt)
    if (text !== undefined) expect(toSign).toBe(text)
    if (key !== undefined && signature !== undefined)
      expect(signWithKey(decodeKey(key), toSign)).toBe(signature)
    if (signature !== undefined && token !== undefined && keyName === undefined) {
      expect(formatSasToken(resource, signature, expiresAt)).toBe(token)
    }
  })

  it.each(ofKind('parse'))('reads %s', (_label, { token, refused, fields }) => {
    if (refused === true) {
      expect(() => parseSasToken(token)).toThrow()
      return
    }
    const { hostName, identity, expiresAt } = parseSasToken(token)
    expect({ hostName, ...identity, expiresAt }).toMatchObject({ ...fields })
  })
})

describe('error-body.json', () => {
  interface ErrorRow extends Row {
    readonly status: number
    readonly errorCode: number
    readonly trackingId: string | null
    readonly shape: string
    readonly body: string
  }
  it.each(rowsOf<ErrorRow>('error-body.json').map((row) => [label(row), row] as const))(
    'reads %s',
    (_label, { status, errorCode, trackingId, shape, body }) => {
      const error = serviceErrorFrom('refused', status, body)
      expect(error.status).toBe(status)
      if (shape !== 'errorcode-text') expect(error.errorCode).toBe(errorCode)
      if (trackingId !== null) expect(error.trackingId).toBe(trackingId)
    },
  )
})
