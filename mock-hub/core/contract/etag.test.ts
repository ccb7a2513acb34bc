import { describe, expect, test } from 'vitest'
import { checkIfMatch, ifMatchOf, registryCounter, registryEtag, wantedEtag } from './etag.ts'

describe('WIRE-REG-23: the grammar of If-Match', () => {
  test.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    [' ', undefined],
    ['""', undefined],
    ['*', '*'],
    [' * ', '*'],
    ['"*"', '*'],
    ['"MQ=="', 'MQ=='],
    [' "MQ==" ', 'MQ=='],
    ['W/"MQ=="', 'MQ=='],
    ['"a", "b"', 'a'],
    ['MQ==', undefined],
    ['"open', undefined],
    ["'MQ=='", undefined],
  ])('%j wants %j', (header, wanted) => {
    expect(wantedEtag(header)).toBe(wanted)
  })

  test.each<[string | undefined, boolean]>([
    [undefined, true],
    ['', true],
    ['""', true],
    ['stale', true],
    ['*', true],
    ['"*"', true],
    ['"MQ=="', true],
    ['W/"MQ=="', true],
    ['"Mg=="', false],
    ['"mq=="', false],
  ])('a resource with the etag MQ== and If-Match %j: %s', (header, passes) => {
    const check = (): void => {
      checkIfMatch(header, 'MQ==', { rule: 'WIRE-REG-05', message: (wanted) => `not ${wanted}` })
    }
    if (passes) expect(check).not.toThrow()
    else expect(check).toThrow('not ')
  })
})

test('an etag of a body becomes a header; none means any', () => {
  expect(['MQ==', '"MQ=="', '', null, undefined].map(ifMatchOf)).toEqual(['"MQ=="', '"MQ=="', '*', '*', '*'])
})

test('a registry etag is the base64 of decimal text', () => {
  expect(registryEtag(727894863)).toBe('NzI3ODk0ODYz')
  expect(registryCounter('NzI3ODk0ODYz')).toBe(727894863)
  expect(registryCounter('x')).toBe(0)
})
