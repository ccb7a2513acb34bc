import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidInput } from '../../base/invalid-input.ts'
import { ManualClock } from '../../base/clock.ts'
import { createHub } from '../../core/create-hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { parseSeed } from './seed-file.ts'
import { applySeed, onceEach, randomKeys } from './seed.ts'
import { LONGEST_SEED } from './seed-yaml.ts'

const levels = (count: number, open: string, inner: string, close = ''): string =>
  open.repeat(count) + inner + close.repeat(count)

test.each([
  ['lists in brackets', levels(50_000, '[', '1', ']')],
  ['brackets that never close', levels(50_000, '[', '1')],
  ['mappings in braces', levels(50_000, '{a: ', '1', '}')],
  ['JSON', levels(50_000, '{"a":', '1', '}')],
  ['dashes in a line', levels(50_000, '- ', '1')],
  ['keys that are keys', levels(50_000, '? ', '1')],
  ['indents', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['lists through an alias', `a: &a ${levels(200, '[', '1', ']')}\nb: ${levels(100, '[', '*a', ']')}`],
])('%s that nest too deeply are refused', async (_, text) => {
  await expect(parseSeed(text, 's.yaml')).rejects.toThrow(
    new InvalidInput('s.yaml', 'the text', 'to nest at most 256 levels', 'more levels'),
  )
})

test('what a twin may hold is far from the limit', async () => {
  const tags = levels(10, '{a: ', '1', '}')
  expect(await parseSeed(`devices: [{ deviceId: d, tags: ${tags} }]`, 's.yaml')).toMatchObject({
    devices: [{ deviceId: 'd' }],
  })
})

test('a text that is too long is not read', async () => {
  await expect(parseSeed(' '.repeat(LONGEST_SEED + 1), 's.yaml')).rejects.toThrow(
    `s.yaml: expected the text to have at most ${String(LONGEST_SEED)} characters; given: ${String(LONGEST_SEED + 1)}`,
  )
})

test.each([
  ['devices: &all [*all]', 'seed.devices[0] not to contain itself'],
  ['devices: [{ deviceId: d, tags: &t { a: { b: *t } } }]', 'seed.devices[0].tags.a.b not to contain itself'],
  ['&seed { devices: [*seed] }', 'seed.devices[0] not to contain itself'],
  ['devices: [{ deviceId: d, tags: { x: .nan } }]', 'seed.devices[0].tags.x to be a number that JSON has'],
  ['devices: [{ deviceId: d, tags: { x: -.inf } }]', 'seed.devices[0].tags.x to be a number that JSON has'],
  [
    '%YAML 1.1\n---\ndevices: [{ deviceId: d, tags: { x: 2001-12-14 } }]',
    'seed.devices[0].tags.x to be text, a number',
  ],
  ['a: 1\n---\nb: 2', 'the text to be one YAML document'],
])('%s is refused with a sentence', async (text, message) => {
  await expect(parseSeed(text, 's.yaml')).rejects.toThrow(`s.yaml: expected ${message}`)
})

test.each([
  ['devices: *none', 'Unresolved alias'],
  [
    `a: &a [x]\nb: &b [*a,*a]\n${'c: [*b,*b,*b]\n'.repeat(1)}d: &d [${'*b,'.repeat(200)}*b]`,
    'Excessive alias count',
  ],
])('%s cannot be read', async (text, message) => {
  await expect(parseSeed(text, 's.yaml')).rejects.toThrow(`s.yaml: cannot be read as YAML: ${message}`)
})

test('one anchor may be used twice', async () => {
  const text = 'devices: [{ deviceId: a, tags: &t { site: 1 } }, { deviceId: b, tags: *t }]'
  expect(await parseSeed(text, 's.yaml')).toEqual({
    devices: [
      { deviceId: 'a', tags: { site: 1 } },
      { deviceId: 'b', tags: { site: 1 } },
    ],
  })
})

const YAML = `
devices:
  - deviceId: gateway
    capabilities: { iotEdge: true }
    modules: [{ moduleId: filter, properties: { desired: &d { every: 5 } } }]
  - deviceId: thermostat
    parent: gateway
    status: disabled
    key: ${Buffer.alloc(32, 7).toString('base64')}
    tags: { site: north, list: [1, two, 3.5e1, true] }
    properties: { desired: *d, reported: { now: 19 } }
routes: [FROM /messages/* INTO $upstream]
eventSources: [twin]
`
const JSON_SEED = JSON.stringify({
  devices: [
    { deviceId: 'a', tags: { nested: { list: [[1], { b: 'c' }] } }, modules: [{ moduleId: 'm' }] },
    {
      deviceId: 'b',
      authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'A'.repeat(40) } },
    },
  ],
})
/** Signs that mean something to YAML, and others. */
const SIGNS = [
  '[',
  ']',
  '{',
  '}',
  '- ',
  '? ',
  ': ',
  ',',
  '&d ',
  '*d',
  '!!set ',
  '%YAML 1.1\n---\n',
  '|',
  '>',
  '"',
  "'",
  '\n',
  '  ',
  '\t',
  '#',
  'null',
  '~',
  '.inf',
  '1e999',
  '<<: ',
  '__proto__: ',
  '\u0000',
  '\ud800',
  '$metadata',
]
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(12),
  insert: fc.oneof(fc.constantFrom(...SIGNS), fc.string({ maxLength: 4, unit: 'binary' })),
  times: fc.oneof(
    { weight: 9, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constantFrom(40, 400) },
  ),
})

test('a changed seed is read, or refused with a sentence that names the text; a hub takes it, or says why not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(YAML, JSON_SEED),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        let text = original
        for (const { at, cut, insert, times } of changes) {
          const start = Math.floor(at * text.length)
          text = text.slice(0, start) + insert.repeat(times) + text.slice(start + cut)
        }
        let seed
        try {
          seed = await parseSeed(text, 's.yaml')
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          expect((error as RangeError).message).toMatch(/^s\.yaml: (expected|cannot be read as YAML: .)/)
          return
        }
        const hub = createHub({ clock: new ManualClock() })
        try {
          applySeed(hub, seed, onceEach(randomKeys))
        } catch (error) {
          const isTold = error instanceof HubError || error instanceof RangeError
          expect(isTold && !/call stack/.test(error.message), String(error)).toBe(true)
        } finally {
          hub.stop()
        }
      },
    ),
    { numRuns: 400 },
  )
})
