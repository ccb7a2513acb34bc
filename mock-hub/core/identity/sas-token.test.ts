import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expiryOf, isSignedWith, parseSasToken, scopesOf, type SasToken } from './sas-token.ts'
import { signed } from '../testing/test-hub.ts'

const KEY = Buffer.alloc(32, 1).toString('base64')
const read = (text: string): SasToken => {
  const token = parseSasToken(text)
  if (typeof token === 'string') throw new Error(token)
  return token
}

describe('parsing', () => {
  test('WIRE-AUTH-01: fields in any order and case', () => {
    const fields = ['sr=h%2Fdevices%2Fd', 'sig=a%2Bb%2Fc%3D', 'se=1700000000', 'skn=device']
    fc.assert(
      fc.property(fc.shuffledSubarray(fields, { minLength: 4 }), fc.boolean(), (order, upper) => {
        const text = order.map((field) =>
          upper ? field.replace(/^\w+/, (name) => name.toUpperCase()) : field,
        )
        expect(parseSasToken(`SharedAccessSignature ${text.join('&')}`)).toEqual({
          sr: 'h%2Fdevices%2Fd',
          sig: 'a+b/c=',
          se: '1700000000',
          skn: 'device',
        })
      }),
    )
  })

  test.each([
    [''],
    ['SharedAccessSignature'],
    ['Bearer sr=a&sig=b&se=1'],
    ['SharedAccessSignature sr=a&sig=b&se=1 x'],
    ['SharedAccessSignature sr=a&sig=b'],
    ['SharedAccessSignature sr=a&se=1'],
    ['SharedAccessSignature sig=b&se=1'],
    ['SharedAccessSignature sr=&sig=b&se=1'],
    ['SharedAccessSignature sr=a&sig=b&se=soon'],
    ['SharedAccessSignature sr=a&sig=b&se=-1'],
    ['SharedAccessSignature sr=a&sig=b&se=1.5'],
    ['SharedAccessSignature sr=a&sig=%zz&se=1'],
    ['SharedAccessSignature sr=a&sig=b&se=1&'],
    ['SharedAccessSignature =a&sr=a&sig=b&se=1'],
  ])('WIRE-AUTH-01: %j is none, and the reason holds nothing of it', (text) => {
    expect(parseSasToken(text)).toSatisfy((result) => typeof result === 'string' && result.length < 60)
  })

  test('any text gives a token or a text, never an error', () => {
    const part = fc.constantFrom(
      'sr=',
      'sig=',
      'se=',
      '&',
      '%',
      '%2',
      ' ',
      '1',
      'SharedAccessSignature ',
      'é',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const token = parseSasToken(parts.join(''))
        if (typeof token !== 'string') expect([...scopesOf(token.sr)].length).toBeGreaterThan(0)
      }),
    )
  })

  test('of two fields of one name the first counts', () => {
    expect(read('SharedAccessSignature sr=a&sr=b&sig=c&se=1&se=2')).toMatchObject({ sr: 'a', se: '1' })
  })
})

describe('signature', () => {
  test('WIRE-AUTH-02 WIRE-AUTH-03: the signature is over sr and se as sent, encoded or not', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: fc.constantFrom('a', '/', '%', '2', 'F', '.') }), (sr) => {
        expect(isSignedWith(read(signed(sr, KEY, 5)), KEY)).toBe(true)
      }),
    )
    const token = read(signed('h%2fdevices%2Fd', KEY, 5))
    for (const other of [
      { ...token, sr: 'h%2Fdevices%2Fd' },
      { ...token, sr: 'h/devices/d' },
      { ...token, se: '05' },
      { ...token, sig: '' },
      { ...token, sig: token.sig.slice(4) },
    ])
      expect(isSignedWith(other, KEY)).toBe(false)
    expect(isSignedWith(token, Buffer.alloc(32, 2).toString('base64'))).toBe(false)
  })

  test('WIRE-AUTH-14: milliseconds in se are far in the future', () => {
    expect(expiryOf(read(signed('h', KEY, '1700000000000')))).toBe(1_700_000_000_000_000)
  })
})

describe('scope', () => {
  const scopes = (sr: string) => [...scopesOf(sr)].map((path) => path.join('/'))
  test('WIRE-AUTH-03: each level of percent-encoding; the host in lower case and without its port', () => {
    expect(scopes('H.Example:8883/devices/D')).toEqual(['h.example/devices/D'])
    expect(scopes('h%2Fdevices%2Fd')).toEqual(['h%2fdevices%2fd', 'h/devices/d'])
    expect(scopes('h%252Fdevices%252Fd')).toContain('h/devices/d')
    expect(scopes('h/devices/d/')).toEqual(['h/devices/d'])
    expect(scopes('h/devices/%zz')).toEqual(['h/devices/%zz'])
  })
})
