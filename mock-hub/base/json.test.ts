import { describe, expect, test } from 'vitest'
import { sameJson, type Json } from './json.ts'

describe('sameJson', () => {
  test.each<[string, Json | undefined, Json | undefined]>([
    [
      'keys in another order',
      { a: 1, b: { c: [1, 'x', null], d: 2 } },
      { b: { d: 2, c: [1, 'x', null] }, a: 1 },
    ],
    ['nothing', {}, {}],
    ['lists', [], []],
    ['neither', undefined, undefined],
  ])('%s: the same', (_what, one, other) => {
    expect(sameJson(one, other)).toBe(true)
  })

  test.each<[string, Json | undefined, Json | undefined]>([
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }],
    ['a key more', { a: 1 }, { a: 1, b: 2 }],
    ['another key', { a: 1 }, { b: 1 }],
    ['an inherited name', { a: 1 }, { constructor: 1 }],
    ['null and nothing', { a: null }, {}],
    ['a list in another order', [1, 2], [2, 1]],
    ['a longer list', [1], [1, 2]],
    ['a list and an object', [1], { 0: 1 }],
    ['a number and its text', 1, '1'],
  ])('%s: not the same', (_what, one, other) => {
    expect(sameJson(one, other)).toBe(false)
    expect(sameJson(other, one)).toBe(false)
  })
})
