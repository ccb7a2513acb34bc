import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LENIENCIES, STRICT, type Settings } from '../core/contract/settings.ts'

/** Names and cells of the table in `docs/settings.md`. */
const rows = readFileSync('docs/settings.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  .map(([, name = '', byDefault = '', lenient = '']) => ({ name, byDefault, lenient }))

const settings = Object.entries(STRICT).filter(([name]) => name !== 'hostName' && name !== 'aliases')

test('docs/settings.md has every setting, and no other', () => {
  expect(rows.map(({ name }) => name)).toEqual(settings.map(([name]) => name))
})

test.each(rows)('docs/settings.md tells the defaults of $name', ({ name, byDefault, lenient }) => {
  const key = name as keyof Settings // the test above
  const strict = key === 'seed' ? 'random' : STRICT[key]
  const words =
    strict === undefined || (Array.isArray(strict) && strict.length === 0) ? 'none' : String(strict)
  expect(byDefault).toBe(words)
  expect(lenient).toBe(key in LENIENCIES ? String(LENIENCIES[key]) : '')
})
