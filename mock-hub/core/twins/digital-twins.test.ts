import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { TwinSection } from '../contract/twins.ts'
import type { PatchStep } from '../contract/services/digital-twins.ts'
import { digitalTwinDocument, updateOfPatch } from './digital-twins.ts'
import { refusalOf } from '../testing/test-hub.ts'

const section = (
  properties: TwinSection['properties'],
  metadata: TwinSection['metadata'] = {},
): TwinSection => ({
  properties,
  version: 1,
  metadata,
})
const view = (desired: TwinSection, reported: TwinSection) =>
  digitalTwinDocument({
    identity: { deviceId: 'd' },
    etag: 'e',
    version: 2,
    modelId: 'dtmi:a;1',
    tags: {},
    desired,
    reported,
  })

describe('the document', () => {
  test('WIRE-DTW-01: properties with desired values, versions and acknowledgements, components below their names', () => {
    const { $dtId, $metadata, ...values } = view(
      section(
        { target: 20, thermo: { __t: 'c', level: 1 } },
        {
          $lastUpdatedVersion: 5,
          target: { $lastUpdatedVersion: 4 },
          thermo: { $lastUpdatedVersion: 5, level: { $lastUpdatedVersion: 5 } },
        },
      ),
      section(
        { target: { value: 21, ac: 200, av: 3, ad: 'ok' }, serial: 'x', thermo: { __t: 'c', temp: 5 } },
        { serial: { $lastUpdated: 't' } },
      ),
    )
    expect([$dtId, values]).toEqual([
      'd',
      {
        target: 21,
        serial: 'x',
        thermo: { temp: 5, $metadata: { level: { desiredValue: 1, desiredVersion: 5 }, temp: {} } },
      },
    ])
    expect($metadata).toEqual({
      $model: 'dtmi:a;1',
      target: { desiredValue: 20, desiredVersion: 4, ackVersion: 3, ackCode: 200, ackDescription: 'ok' },
      serial: { lastUpdateTime: 't' },
    })
  })

  test('a property named __proto__ is a property like any other', () => {
    const properties = JSON.parse('{"__proto__":1}') as TwinSection['properties']
    const text = JSON.stringify(view(section({}), section(properties)))
    expect(text).toContain('"__proto__":1')
  })
})

describe('a JSON patch', () => {
  test.each<[PatchStep[], Json]>([
    [[{ op: 'add', path: '/a', value: 1 }], { a: 1 }],
    [[{ op: 'replace', path: '/a', value: { b: 2 } }], { a: { b: 2 } }],
    [[{ op: 'remove', path: '/a' }], { a: null }],
    [[{ op: 'add', path: '/thermo/level', value: 1 }], { thermo: { __t: 'c', level: 1 } }],
    [
      [
        { op: 'add', path: '/thermo/level', value: 1 },
        { op: 'remove', path: '/thermo/old' },
      ],
      { thermo: { __t: 'c', level: 1, old: null } },
    ],
    [
      [{ op: 'add', path: '/thermo', value: { $metadata: {}, level: 1 } }],
      { thermo: { __t: 'c', level: 1 } },
    ],
    [[], {}],
  ])('%j writes %j', (steps, desired) => {
    expect(updateOfPatch(steps, {})).toEqual({ desired })
  })

  test('WIRE-DTW-04: a value replaces what stands there, in a component and in a property', () => {
    const current = { thermo: { __t: 'c', level: 1, old: 2 }, point: { x: 1, y: 2 } }
    const steps: PatchStep[] = [
      { op: 'replace', path: '/thermo', value: { $metadata: {}, level: 3 } },
      { op: 'add', path: '/point', value: { x: 5 } },
    ]
    expect(updateOfPatch(steps, current)).toEqual({
      desired: { thermo: { __t: 'c', level: 3, old: null }, point: { x: 5, y: null } },
    })
  })

  test('of constructor writes it', () => {
    const { desired } = updateOfPatch([{ op: 'add', path: '/constructor', value: { x: 1 } }], {})
    expect(JSON.stringify(desired)).toBe('{"constructor":{"x":1}}')
  })

  const levels = (count: number): Json => (count === 0 ? 1 : { a: levels(count - 1) })

  test('WIRE-DTW-02 WIRE-DTW-03: names of 64 characters and five levels are taken', () => {
    const name = `a_${'x'.repeat(61)}9`
    expect(updateOfPatch([{ op: 'add', path: `/${name}`, value: levels(5) }], {})).toEqual({
      desired: { [name]: levels(5) },
    })
    const component = { $metadata: {}, a: levels(5) }
    expect(updateOfPatch([{ op: 'add', path: '/c', value: component }], {})).toBeDefined()
  })

  test.each([
    ...['9a', '_a', 'a_', 'a-b', 'a b', 'é', 'x'.repeat(65), '__proto__', 'a~1b'].map((name) => [
      'WIRE-DTW-02',
      { op: 'add', path: `/${name}`, value: 1 },
    ]),
    ['WIRE-DTW-02', { op: 'add', path: '/c/9a', value: 1 }],
    ['WIRE-DTW-02', { op: 'remove', path: '/9a' }],
    ['WIRE-DTW-02', { op: 'add', path: '/a', value: { '9a': 1 } }],
    ['WIRE-DTW-02', { op: 'add', path: '/c', value: { $metadata: {}, '9a': 1 } }],
    ['WIRE-DTW-03', { op: 'add', path: '/a', value: [] }],
    ['WIRE-DTW-03', { op: 'add', path: '/a', value: { b: { c: [1] } } }],
    ['WIRE-DTW-03', { op: 'add', path: '/a', value: levels(6) }],
    ['WIRE-DTW-03', { op: 'add', path: '/c', value: { $metadata: {}, a: levels(6) } }],
  ] as [string, PatchStep][])('%s: %j is refused', (rule, step) => {
    const refusal = refusalOf(() => updateOfPatch([step], {}))
    expect([refusal.kind, refusal.explanation.rule]).toEqual(['ArgumentInvalid', rule])
    expect(refusal.message).toMatch(/^'.*' exists within the device twin and is not digital twin conformant/)
  })

  test.each<PatchStep>([
    { op: 'add', path: 'a', value: 1 },
    { op: 'add', path: '', value: 1 },
    { op: 'add', path: '/', value: 1 },
    { op: 'add', path: '/a//b', value: 1 },
    { op: 'add', path: '/$metadata', value: 1 },
    { op: 'add', path: '/a' },
    { op: 'replace', path: '/a' },
  ])('%j is refused', (step) => {
    expect(refusalOf(() => updateOfPatch([step], {})).kind).toBe('ArgumentInvalid')
  })
})
