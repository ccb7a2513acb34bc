/** The pure parts of the page; the others are tested in a browser. */

import { describe, expect, test } from 'vitest'
import { fateOf } from './c2d-fate.ts'
import { changesBetween, jsonProblem, numbersIn, patchBetween } from './diff.ts'
import { eventsIn } from './events.ts'
import { parseRecipe } from './recipes.ts'
import { parseRecord, recordText } from './record.ts'
import { linksIn, stepsOf } from './sequence.ts'
import { counted, hexDump, quoted, quotedForJvm, shown, spanText, viewsOf } from './text.ts'
import type { Entry } from './types.ts'

const entry = (seq: number, type: string, more: object = {}): Entry => ({
  seq,
  time: `2026-01-01T00:00:0${String(seq)}Z`,
  type,
  ...more,
})

describe('differences', () => {
  const before = { a: 1, b: { c: [1], d: 'x' }, gone: true }
  const after = { a: 1, b: { c: [2], d: 'x' }, fresh: null }
  test('name each leaf that changed', () => {
    expect(changesBetween(before, after).map(({ path, kind }) => [path, kind])).toEqual([
      ['b.c', 'changed'],
      ['fresh', 'added'],
      ['gone', 'removed'],
    ])
  })
  test('become a merge patch without what is the same', () => {
    expect(patchBetween(before, after)).toEqual({ b: { c: [2] }, fresh: null, gone: null })
    expect(patchBetween(before, before)).toEqual({})
    expect(patchBetween({}, JSON.parse('{"constructor": 1}') as object as never)).toEqual({ constructor: 1 })
  })
  test('numbers are found by path, problems of JSON by line', () => {
    expect(numbersIn({ t: 1.5, room: { h: 2, name: 'x' }, list: [3] })).toEqual([
      ['t', 1.5],
      ['room.h', 2],
      ['list.0', 3],
    ])
    expect(numbersIn(7)).toEqual([['value', 7]])
    expect(jsonProblem('{"a": 1}')).toBeUndefined()
    expect(jsonProblem('{\n  "a": 1')).toContain('line 2, column 9')
  })
})

test('bodies have the views that they can be seen in', () => {
  expect(viewsOf('{"a":1}')).toEqual(['json', 'text', 'hex'])
  expect(viewsOf('plain')).toEqual(['text', 'hex'])
  expect(viewsOf({ base64: '/w==' })).toEqual(['hex'])
  expect(shown({ base64: '/wA=' }, 'hex')).toMatch(/^0000 {2}ff 00 +··$/)
  expect(
    hexDump(new Uint8Array(512 * 16 + 3))
      .split('\n')
      .at(-1),
  ).toBe('… 3 more bytes')
})

test.each([
  [0, '0 s'],
  [0.4, '0.4 s'],
  [59, '59 s'],
  [3_900, '1 h 5 min'],
  [-90_000, '1 d 1 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(spanText(seconds)).toBe(text)
})

describe('records', () => {
  test('come back as they were saved', () => {
    const entries = [entry(1, 'connected', { linkId: 'l1' })]
    expect(parseRecord(recordText('h', 't', entries))).toEqual({ hostName: 'h', savedAt: 't', entries })
  })
  test.each([
    ['', 'line 1: expected JSON'],
    ['{"record":"x"}', 'line 1: expected a record'],
    ['{"record":"mock-iot-hub","version":9}', 'line 1: expected version 1'],
    ['{"record":"mock-iot-hub","version":1}\nnull', 'line 2: expected an entry'],
    ['{"record":"mock-iot-hub","version":1}\n{', 'line 2: expected JSON'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseRecord(text)).toThrow(message)
  })
})

test.each([
  ['x', 'expected a recipe in JSON'],
  ['null', 'recipe: expected the name'],
  ['{"recipe":"a"}', 'faults: expected a list'],
  ['{"recipe":"a","faults":[]}', 'faults: expected a list'],
])('the recipe %s is refused: %s', (text, message) => {
  expect(() => parseRecipe(text)).toThrow(message)
})

test('links are found, and their packets become steps', () => {
  const entries = [
    entry(1, 'link-opened', { linkId: 'l1', transport: 'mqtt', peer: 'p', tls: null }),
    entry(2, 'packet', { linkId: 'l1', direction: 'in', cmd: 'connect', packet: { clientId: 'd' } }),
    entry(3, 'connected', { linkId: 'l1', identity: 'd', transport: 'mqtt' }),
    entry(4, 'operation', { linkId: 'l1', identity: 'd', operation: 'twinGet', input: null }),
    entry(5, 'disconnected', { linkId: 'l1', identity: 'd', reason: 'gone' }),
    entry(6, 'link-opened', { linkId: 'l2', transport: 'amqp', peer: 'p', tls: null }),
    entry(7, 'operation', { linkId: 'l2', identity: 'e', operation: 'twinGet', input: null }),
  ]
  expect(linksIn(entries)).toMatchObject([
    { linkId: 'l2', transport: 'amqp', open: true },
    { linkId: 'l1', identity: 'd', open: false, reason: 'gone' },
  ])
  expect(stepsOf(entries, 'l1').map(({ direction, label }) => [direction, label])).toEqual([
    ['note', 'link opened'],
    ['in', 'CONNECT'],
    ['note', 'connected'],
    ['note', 'disconnected'],
  ])
  expect(stepsOf(entries, 'l2').map(({ label }) => label)).toEqual(['link opened', 'reads twin'])
})

test('the fate of a message is read from deliveries, settlements and the queue', () => {
  const waiting = [{ sequenceNumber: 1 }] as never
  const delivered = entry(1, 'delivery', { channel: 'c2d', what: { sequenceNumber: 1, lockToken: 't' } })
  const settled = (outcome: string) =>
    entry(2, 'operation', { operation: 'c2dSettle', input: { lockToken: 't', outcome } })
  expect(fateOf({ sequenceNumber: 1, after: 0 }, [], waiting).word).toBe('waiting')
  expect(fateOf({ sequenceNumber: 1, after: 0 }, [delivered], waiting).word).toBe('delivered')
  expect(fateOf({ sequenceNumber: 1, after: 0 }, [delivered, settled('abandon')], waiting).word).toBe(
    'abandoned',
  )
  expect(fateOf({ sequenceNumber: 1, after: 0 }, [delivered, settled('complete')], []).word).toBe('completed')
  expect(fateOf({ sequenceNumber: 1, after: 0 }, [delivered, settled('reject')], []).word).toBe('rejected')
  expect(fateOf({ sequenceNumber: 1, after: 0 }, [], []).word).toContain('expired or deleted')
  const refused = [entry(5, 'refusal', { explanation: { rule: 'WIRE-SESS-06' } })]
  expect(fateOf({ sequenceNumber: 1, after: 4 }, refused, []).word).toContain('had not subscribed')
  expect(fateOf({ sequenceNumber: 1, after: 5 }, refused, []).word).toContain('expired or deleted')
})

test.each([
  [0, '0 messages'],
  [1, '1 message'],
  [12_000, '12,000 messages'],
])('%d is %s', (count, text) => {
  expect(counted(count, 'message')).toBe(text)
})

test.each([
  ['HostName=a;b', "'HostName=a;b'"],
  ["it's $(here)", "'it'\\''s $(here)'"],
  ['/a/b-1.pem', '/a/b-1.pem'],
  ['', "''"],
])('a shell takes %s as one word: %s', (text, word) => {
  expect(quoted(text)).toBe(word)
})

test.each([
  ['/a/truststore.p12', '/a/truststore.p12'],
  ['/my hub/truststore.p12', '"/my hub/truststore.p12"'],
  ["/it's/truststore.p12", '"/it\'s/truststore.p12"'],
  ['/a"b/truststore.p12', "'/a\"b/truststore.p12'"],
])('the JVM takes the path %s as one option: %s', (path, word) => {
  expect(quotedForJvm(path)).toBe(word)
})

test('events of a stream are found however it is cut', () => {
  const text = 'id: 1\nevent: packet\ndata: {"seq":1}\n\nevent: left-out\ndata: {}\n\n'
  for (let cut = 0; cut <= text.length; cut++) {
    const first = eventsIn(text.slice(0, cut))
    const second = eventsIn(first.rest + text.slice(cut))
    expect([...first.events, ...second.events]).toEqual([
      { event: 'packet', data: '{"seq":1}' },
      { event: 'left-out', data: '{}' },
    ])
    expect(second.rest).toBe('')
  }
})
