import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { TABLES, withTable } from './document-tables.ts'

/** Prettier aligns the columns; that is not a difference. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-')

test.each(TABLES)(
  '$document: the table "$mark" is up to date (npm run docs:tables writes it)',
  async (table) => {
    const page = readFileSync(table.document, 'utf8')
    expect(squeezed(page)).toBe(squeezed(await withTable(page, table)))
  },
)

test('a page without the marks is not overwritten', async () => {
  for (const table of TABLES)
    await expect(withTable('no marks', table)).rejects.toThrow(`${table.document}: expected the marks`)
})
