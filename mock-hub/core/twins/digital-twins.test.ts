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
  test('properties with desired values and acknowledgements, components below their names', () => {
    const { $dtId, $metadata, ...values } = view(
      section({ target: 20, thermo: { __t: 'c', level: 1 } }),
      section(
        { target: { value: 21, ac: 200, av: 3, ad: 'ok' }, serial: 'x', thermo: { __t: 'c', temp: 5 } },
        { serial: { $lastUpdated: 't' } },
      ),
    )
    expect([$dtId, values]).toEqual([
      'd',
      { target: 21, serial: 'x', thermo: { temp: 5, $metadata: { level: { desiredValue: 1 }, temp: {} } } },
    ])
    expect($metadata).toEqual({
      $model: 'dtmi:a;1',
      target: { desiredValue: 20, ackVersion: 3, ackCode: 200, ackDescription: 'ok' },
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
    [[{ op: 'add', path: '/a~1b', value: 1 }], { 'a/b': 1 }],
    [[], {}],
  ])('%j writes %j', (steps, desired) => {
    expect(updateOfPatch(steps)).toEqual({ desired })
  })

  test('of __proto__ writes it', () => {
    const { desired } = updateOfPatch([{ op: 'add', path: '/__proto__', value: { x: 1 } }])
    expect(JSON.stringify(desired)).toBe('{"__proto__":{"x":1}}')
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
    expect(refusalOf(() => updateOfPatch([step])).kind).toBe('ArgumentInvalid')
  })
})
