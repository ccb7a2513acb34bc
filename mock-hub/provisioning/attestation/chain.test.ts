import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { make, type Made } from '../testing/certificates.ts'
import { authoritiesAbove } from './chain.ts'

const NOW = Date.UTC(2026, 0, 1)
const above = (leaf: Made, others: readonly Made[]): readonly Made[] => {
  const read = (made: Made): X509Certificate => new X509Certificate(made.der)
  const found = [...authoritiesAbove(read(leaf), others.map(read), NOW)]
  return found.map(({ raw }) => others.find(({ der }) => der.equals(raw)) ?? leaf)
}

test('DPS-AUTH-16: the authorities above a certificate come in order of their distance, whatever the order given', async () => {
  const root = await make('root', undefined, { ca: true })
  const middle = await make('middle', root, { ca: true })
  const near = await make('near', middle, { ca: true })
  const leaf = await make('leaf', near)
  const stranger = await make('stranger', undefined, { ca: true })
  expect(above(leaf, [root, stranger, middle, near])).toEqual([near, middle, root])
  expect(above(leaf, [root, middle])).toEqual([])
})

test('authorities that have certified each other come once each', async () => {
  const first = await make('same', undefined, { ca: true })
  const others = await Promise.all(
    Array.from({ length: 12 }, () => make('same', undefined, { ca: true }, first)),
  )
  const leaf = await make('leaf', first)
  expect(above(leaf, [first, ...others, first])).toHaveLength(13)
})
