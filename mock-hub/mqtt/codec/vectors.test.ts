/** The hub's side of `features/vectors`: each row that is not the client's alone, read and written by the codec. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Identity } from '../../core/contract/identity.ts'
import { parseConnectUsername } from './connect-username.ts'
import { parseFilter } from './filters.ts'
import { formatC2dBag, parsePropertyBag, type PropertyBag } from './property-bag.ts'
import {
  formatC2d,
  formatDesired,
  formatInput,
  formatMethodRequest,
  formatTwinResponse,
  isTelemetryOf,
  isTopicName,
  parsePublishTopic,
} from './topics.ts'

interface Row {
  readonly name: string
  readonly side?: 'hub' | 'client'
}

/** The rows of a file, by name. */
function rowsOf<R extends Row>(file: string, wanted: (row: R) => boolean = () => true): [string, R][] {
  const text = readFileSync(new URL(`../../../features/vectors/${file}`, import.meta.url), 'utf8')
  const rows = JSON.parse(text) as R[] // the format in features/vectors/README.md
  return rows.filter((row) => row.side !== 'client' && wanted(row)).map((row) => [row.name, row])
}

describe('connect-username.json', () => {
  interface NameRow extends Row {
    readonly username: string
    readonly refused?: object
  }
  test.each(rowsOf<NameRow>('connect-username.json'))('%s', (_name, { username, refused, ...row }) => {
    if (refused !== undefined) expect(() => parseConnectUsername(username)).toThrow()
    else {
      const fields = ['host', 'identity', 'apiVersion', 'deviceClientType', 'modelId'] as const
      const expected = row as Readonly<Record<string, unknown>>
      const parsed = parseConnectUsername(username)
      for (const field of fields) expect(parsed[field]).toEqual(expected[field])
    }
  })
})

describe('property-bag.json', () => {
  interface BagRow extends Row {
    readonly direction: 'toHub' | 'fromHub'
    readonly bag: string
    readonly system: Readonly<Record<string, string>>
    readonly properties: PropertyBag['properties']
    readonly writes?: boolean
  }
  test.each(rowsOf<BagRow>('property-bag.json'))('reads %s', (_name, { bag, system, properties }) => {
    const expected = parsePropertyBag(
      Object.entries(system)
        .map((pair) => pair.map(encodeURIComponent).join('='))
        .join('&'),
    )
    const parsed = parsePropertyBag(bag)
    expect(parsed.system).toEqual(expected.system)
    expect(parsed.properties).toEqual({ ...expected.properties, ...properties })
  })

  const fromHub = rowsOf<BagRow>(
    'property-bag.json',
    ({ direction, writes }) => direction === 'fromHub' && writes === true,
  )
  test.each(fromHub)('writes %s', (_name, { bag }) => {
    expect(formatC2dBag(parsePropertyBag(bag))).toBe(bag)
  })
})

describe('topics.json', () => {
  interface TopicRow extends Row {
    readonly direction: 'toHub' | 'fromHub' | 'subscribe'
    readonly topic: string
    readonly identity: Identity
    readonly means: Readonly<Record<string, unknown>> | null
  }
  const rows = (wanted: TopicRow['direction']): [string, TopicRow][] =>
    rowsOf<TopicRow>('topics.json', ({ direction }) => direction === wanted)

  test.each(rows('toHub'))('reads %s', (_name, { topic, identity, means }) => {
    const read = isTopicName(topic) ? parsePublishTopic(topic) : undefined
    if (means === null) expect(read === undefined || !isTelemetryOf(topic, identity)).toBe(true)
    else expect(read).toEqual(means)
  })

  test.each(rows('subscribe'))('grants %s', (_name, { topic, identity, means }) => {
    expect(parseFilter(topic, identity)?.subjects ?? null).toEqual(means?.['subjects'] ?? null)
  })

  test.each(rows('fromHub'))('writes %s', (_name, { topic, identity, means }) => {
    expect(written(identity, means ?? {})).toBe(topic)
  })

  function written(identity: Identity, means: Readonly<Record<string, unknown>>): string {
    const { type, bag, inputName, methodName, requestId, status, version } = means as Readonly<
      Record<string, string>
    >
    switch (type) {
      case 'c2d':
        return formatC2d(identity, bag ?? '')
      case 'input':
        return formatInput(identity, inputName ?? '', bag ?? '')
      case 'method':
        return formatMethodRequest(methodName ?? '', requestId ?? '')
      case 'twinAnswer':
        return formatTwinResponse(
          Number(status),
          requestId ?? '',
          version === undefined ? version : Number(version),
        )
      default:
        return formatDesired(Number(version))
    }
  }
})
