import { expect, test } from 'vitest'
import { InvalidInput } from './invalid-input.ts'
import { shown } from './shown.ts'

test.each<[string, unknown, string]>([
  ['name', undefined, 'nothing'],
  ['name', null, 'null'],
  ['name', 'x'.repeat(200), `"${'x'.repeat(119)}`],
  ['name', Number.NaN, 'NaN'],
  ['name', 10n, '10'],
  ['name', () => 1, 'a function'],
  ['tags', { a: 1, b: 2 }, 'an object with a, b'],
  ['tags', {}, 'an object with no fields'],
  ['tags', [1, 2], 'an array of 2'],
  ['authentication.symmetricKey', { primaryKey: 'secret' }, 'an object'],
  ['sharedAccessKey', 'secret', 'a string'],
  ['blob', 'AccountName=a;AccountKey=secret', '"AccountName=a;AccountKey=***"'],
  ['uri', 'https://a/b?sig=secret&se=1', '"https://a/b?sig=***&se=1"'],
])('%s: %o is shown as %s', (field, value, text) => {
  expect(shown(field, value)).toBe(text)
})

test('InvalidInput names what, field, rule and value in one sentence', () => {
  const error = new InvalidInput('startMockHub', 'mqttPort', 'to be a whole number', '8883')
  expect(error.message).toBe('startMockHub: expected mqttPort to be a whole number; given: "8883"')
  expect(error).toMatchObject({ field: 'mqttPort', rule: 'to be a whole number', given: '"8883"' })
  expect(new InvalidInput('x', 'run', 'to be text', () => 1).given).toBe('a function')
})
