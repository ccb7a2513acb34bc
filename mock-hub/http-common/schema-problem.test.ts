import { expect, test } from 'vitest'
import { schemaCompiler } from './schema-compiler.ts'
import { schemaProblem } from './schema-problem.ts'

const validate = schemaCompiler({ useDefaults: false })({
  schema: {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: {
      id: { type: 'string' },
      mode: { enum: ['on', 'off'] },
      tags: { type: ['object', 'null'] },
      count: { type: 'integer', minimum: 1 },
      primaryKey: { type: 'string' },
    },
  },
})

test.each<[unknown, string, string, string]>([
  [null, 'body', 'to be of type object', 'nothing'],
  [[], 'body', 'to be of type object', 'an array of 0'],
  [{}, 'id', 'to be given', 'nothing'],
  [{ id: 'a', mode: 'of' }, 'mode', 'to be one of ["on","off"]', '"of"'],
  [{ id: 'a', tags: 7 }, 'tags', 'to be of type object or null', '7'],
  [{ id: 'a', count: 0 }, 'count', 'to be >= 1', '0'],
  [{ id: 'a', extra: 1 }, 'extra', 'to be left out: there is no such field', '"extra"'],
  [
    { id: 'a', Mode: 'on' },
    'Mode',
    'to be left out: there is no such field (did you mean "mode"?)',
    '"Mode"',
  ],
  [{ ID: 'a' }, 'ID', 'to be left out: there is no such field (did you mean "id"?)', '"ID"'],
  [{ id: 'a', primaryKey: 5 }, 'primaryKey', 'to be of type string', 'a number'],
])('%j: field, rule and given value', (body, field, rule, given) => {
  expect(validate(body)).toBe(false)
  // ajv's errors are what fastify passes on.
  expect(schemaProblem((validate.errors ?? []) as never, 'body')).toEqual({ field, rule, given })
})

test('problems outside the body name the part of the request', () => {
  validate({ id: 5 })
  expect(schemaProblem((validate.errors ?? []) as never, 'querystring').field).toBe('querystring.id')
})
