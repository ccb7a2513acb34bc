import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PARSER, queryParser } from './main.ts'

test('the parser of queries is what the grammar makes (npm run query-parser writes it)', () => {
  expect(readFileSync(PARSER, 'utf8')).toBe(queryParser())
})
