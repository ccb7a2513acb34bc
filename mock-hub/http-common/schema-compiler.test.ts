/** Schemas are compiled when they are first needed; here each is. */

import { expect, test } from 'vitest'
import { schemaCompiler } from './schema-compiler.ts'

test('a check compiles its schema at its first call, and has the errors of its last one', () => {
  const check = schemaCompiler({ useDefaults: false })({ schema: { type: 'object', required: ['a'] } })
  expect([check({ a: 1 }), check.errors]).toEqual([true, null])
  expect([check({}), check.errors?.[0]?.message]).toEqual([false, "must have required property 'a'"])
})
