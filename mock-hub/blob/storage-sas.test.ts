import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { queryOf } from '../http/blob/blob-request.ts'
import { checkBlobSas, signBlobSas, type BlobPermission } from './storage-sas.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const account = { name: 'acct', key: Buffer.from('a key of some length').toString('base64') }
const address = { container: 'uploads', blob: 'dev1/a b.txt' }

const check = (sas: string, anyOf: BlobPermission[] = ['w'], now = NOW, at = address): void => {
  checkBlobSas(account, at, queryOf(`/${sas}`), anyOf, now)
}

describe('SAS of one blob', () => {
  const sas = signBlobSas(account, address, 'rw', NOW + HOUR)

  test('WIRE-FILE-01: is a query string with sv, sr=b, sig, se, sp=rw', () => {
    expect([...queryOf(`/${sas}`).keys()].sort()).toEqual(['se', 'sig', 'sp', 'sr', 'sv'])
    expect(queryOf(`/${sas}`).get('sp')).toBe('rw')
    expect(queryOf(`/${sas}`).get('se')).toBe('2026-01-01T01:00:00Z')
  })

  test('is signed over the sixteen fields of version 2020-12-06 and later', () => {
    const text = `rw\n\n2026-01-01T01:00:00Z\n/blob/acct/uploads/dev1/a b.txt\n\n\n\n2021-12-02\nb\n\n\n\n\n\n\n`
    const expected = createHmac('sha256', Buffer.from(account.key, 'base64')).update(text).digest('base64')
    expect(queryOf(`/${sas}`).get('sig')).toBe(expected)
  })

  test('allows its permissions until it expires', () => {
    check(sas)
    check(sas, ['r'])
    check(sas, ['c', 'w'], NOW + HOUR - 1)
  })

  test.each([
    ['expired', () => check(sas, ['w'], NOW + HOUR), 'not valid any more'],
    ['another blob', () => check(sas, ['w'], NOW, { ...address, blob: 'dev2/a b.txt' }), 'did not match'],
    ['another container', () => check(sas, ['w'], NOW, { ...address, container: 'x' }), 'did not match'],
    ['tampered expiry', () => check(sas.replace('2026-01', '2027-01')), 'did not match'],
    ['widened permissions', () => check(sas.replace('sp=rw', 'sp=rwd'), ['d']), 'did not match'],
    ['no signature', () => check(sas.replace(/&sig=.*/, '')), 'no shared access signature'],
    ['an old version', () => check(sas.replace('2021-12-02', '2015-04-05')), 'sv must be 2020-12-06'],
    ['a container SAS', () => check(sas.replace('sr=b', 'sr=c')), 'sr must be b'],
  ])('WIRE-FILE-04: refuses %s', (_what, attempt, detail) => {
    expect(attempt).toThrow(
      expect.objectContaining({
        status: 403,
        code: 'AuthenticationFailed',
        detail: expect.stringContaining(detail) as unknown,
      }) as Error,
    )
  })

  test('WIRE-FILE-04: refuses to write with a read-only SAS', () => {
    const readOnly = signBlobSas(account, address, 'r', NOW + HOUR)
    check(readOnly, ['r'])
    expect(() => check(readOnly, ['c', 'w'])).toThrow(
      expect.objectContaining({ status: 403, code: 'AuthorizationPermissionMismatch' }) as Error,
    )
  })
})
