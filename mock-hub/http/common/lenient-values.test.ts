import { expect, test } from 'vitest'
import { normalised } from './lenient-values.ts'

const SCHEMA = {
  type: 'object',
  properties: {
    status: { enum: ['enabled', 'disabled', null] },
    seconds: { type: ['number', 'null'] },
    count: { type: 'integer' },
    name: { type: 'string' },
    authentication: { type: 'object', properties: { type: { enum: ['sas', 'selfSigned'] } } },
    devices: { type: 'array', items: { type: 'object', properties: { mode: { enum: ['create'] } } } },
    payload: {},
  },
} as const

test.each<[unknown, unknown]>([
  [{ status: 'Enabled' }, { status: 'enabled' }],
  [{ status: null }, { status: null }],
  [{ status: 'off' }, { status: 'off' }],
  [{ authentication: { type: 'SELFSIGNED' } }, { authentication: { type: 'selfSigned' } }],
  [{ devices: [{ mode: 'Create' }, 7, null] }, { devices: [{ mode: 'create' }, 7, null] }],
  [
    { seconds: '30', count: '-1' },
    { seconds: 30, count: -1 },
  ],
  [{ seconds: '1.5' }, { seconds: 1.5 }],
  [
    { seconds: '', count: 'ten' },
    { seconds: '', count: 'ten' },
  ],
  [{ seconds: '0x10' }, { seconds: '0x10' }],
  [
    { name: '30', payload: '30' },
    { name: '30', payload: '30' },
  ],
  [{ payload: { status: 'Enabled' } }, { payload: { status: 'Enabled' } }],
  ['text', 'text'],
  [null, null],
])('WIRE-HTTP-13: %j becomes %j', (given, expected) => {
  expect(normalised(given, SCHEMA)).toEqual(expected)
})

test('names that every object has are no fields', () => {
  expect(normalised(JSON.parse('{"constructor":"Enabled"}'), SCHEMA)).toEqual({ constructor: 'Enabled' })
})
