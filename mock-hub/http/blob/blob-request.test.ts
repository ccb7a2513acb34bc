import { expect, test } from 'vitest'
import { blobNameOf, queryOf } from './blob-request.ts'

test.each([
  ['/uploads/d/a.txt?sig=x', 'd/a.txt'],
  ['/uploads/d%2Fa%20b.txt', 'd/a b.txt'],
  ['/uploads/d//a', 'd//a'],
  ['/uploads/d/a+b', 'd/a+b'],
  ['/uploads/d/..a/b..', 'd/..a/b..'],
])('%s names the blob %s', (target, name) => {
  expect(blobNameOf(target, 'uploads')).toBe(name)
})

test.each([
  '/uploads/d/../e',
  '/uploads/../etc/passwd',
  '/uploads/..%2f..%2fetc',
  '/uploads/d/%2e%2e/e',
  '/uploads/d/%2E/e',
  '/uploads/d\\..\\e',
  '/uploads/d%5c..%5ce',
  '/uploads/d/%00',
  '/uploads/d/%0a',
  '/uploads/',
  `/uploads/${'x'.repeat(1025)}`,
])('the path traversal %s is refused', (target) => {
  expect(() => blobNameOf(target, 'uploads')).toThrow(
    expect.objectContaining({ status: 400, code: 'InvalidResourceName' }) as Error,
  )
})

test.each([
  ['/uploads/%zz', 400],
  ['/other/d/a', 404],
  ['/Uploads/d/a', 404],
  ['/uploads', 404],
])('%s is a %i', (target, status) => {
  expect(() => blobNameOf(target, 'uploads')).toThrow(expect.objectContaining({ status }) as Error)
})

test('query parameters: the first value wins, and a plus sign is kept', () => {
  expect([...queryOf('/x?a=1&A=2&sig=a+b%2B=&c')]).toEqual([
    ['a', '1'],
    ['sig', 'a+b+='],
    ['c', ''],
  ])
})
