import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DOCUMENT, withTable } from './fault-table.ts'

/** The formatter aligns tables; what they say is the same. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-')

test('docs/faults.md has every lever as the catalogue has it; npm run docs:faults writes it', () => {
  const text = readFileSync(DOCUMENT, 'utf8')
  expect(squeezed(text)).toBe(squeezed(withTable(text)))
})

test('a document without marks is not overwritten', () => {
  expect(() => withTable('no marks')).toThrow('has lost its marks')
})
