import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import type { IdentityRecord } from '../contract/registry.ts'
import type { TwinDocument } from '../contract/twins.ts'
import { HubError } from '../errors/hub-error.ts'
import { deviceJobRows } from '../jobs/job-rows.ts'
import { STRICT_DIALECT, WIDE_DIALECT } from './parse.ts'
import { HubQueries } from './queries.ts'
import { twinRows } from './rows.ts'

/** A registry of plain objects: queries read it through the ports only. */
function registryOf(
  twins: readonly { deviceId: string; tags?: JsonObject; reported?: JsonObject }[],
  dialect = STRICT_DIALECT,
) {
  const records = new Map<string, IdentityRecord>()
  const documents = new Map<string, TwinDocument>()
  let ticks = 638_000_000_000_000_000n
  let scanned = 0
  const add = ({ deviceId, tags = {}, reported = {} }: (typeof twins)[number]) => {
    records.set(deviceId, {
      identity: { deviceId },
      generationId: String(++ticks),
      etag: 'MQ==',
      status: 'enabled',
      statusReason: null,
      statusUpdatedAt: undefined,
      connectionState: 'Disconnected',
      connectionStateUpdatedAt: undefined,
      lastActivityAt: undefined,
      authentication: {
        type: 'sas',
        symmetricKey: { primaryKey: null, secondaryKey: null },
        x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      },
      iotEdge: false,
      deviceScope: undefined,
      parentScopes: [],
      managedBy: undefined,
    })
    const section = (properties: JsonObject) => ({ properties, version: 1, metadata: {} })
    documents.set(deviceId, {
      identity: { deviceId },
      etag: 'AAAAAAAAAAE=',
      version: 2,
      modelId: '',
      tags,
      desired: section({}),
      reported: section(reported),
    })
  }
  for (const twin of twins) add(twin)
  const hub = {
    registry: {
      *devices() {
        for (const record of records.values()) {
          scanned++
          yield record
        }
      },
      find: ({ deviceId }: { deviceId: string }) => records.get(deviceId),
      modulesOf: () => [],
    },
    twins: { get: ({ deviceId }: { deviceId: string }) => documents.get(deviceId)! },
  }
  // Queries touch nothing else of the two.
  const rows = twinRows(
    hub,
    'devices',
    ({ identity }, { tags }) => ({ ...identity, tags }),
    () => undefined,
  )
  const jobs = deviceJobRows(() => [{ deviceId: 'a', jobId: 'j', status: 'completed' }])
  const collections = { devices: rows, 'devices.modules': rows, 'devices.jobs': jobs }
  const queries = new HubQueries(collections, { dialect })
  return { queries, add, remove: (id: string) => records.delete(id), scans: () => scanned }
}

const TWINS = [
  { deviceId: 'a', tags: { n: 1, place: 'home', list: [1, 2] }, reported: { on: true, 'a b': 1 } },
  { deviceId: 'b', tags: { n: 2, place: 'away' }, reported: { on: false } },
  { deviceId: 'c', tags: { n: 3, place: null } },
  { deviceId: 'd' },
]
const ids = (where: string, dialect = STRICT_DIALECT): string =>
  registryOf(TWINS, dialect)
    .queries.all(`SELECT * FROM devices WHERE ${where}`)
    .map((row) => JSON.stringify(row['deviceId']).slice(1, -1))
    .join('')

describe('conditions', () => {
  test.each([
    ["deviceId = 'a'", 'a'],
    ["'a' = DEVICEID OR deviceid IN ['b']", 'ab'],
    ['tags.n != 2', 'ac'],
    ['tags.n <> 2 AND tags.n >= 1', 'ac'],
    ['NOT tags.n = 1', 'bc'],
    ['tags.n IN [1, 3]', 'ac'],
    ['tags.n NIN [1, 3]', 'b'],
    ['is_defined(tags.place)', 'abc'],
    ['NOT IS_DEFINED(tags.place)', 'd'],
    ['tags.place = null', 'c'],
    ['IS_NULL(tags.place)', 'c'],
    ['IS_BOOL(properties.reported.on)', 'ab'],
    ['properties.reported.on', 'a'],
    ['properties.reported.[[a b]] = 1', 'a'],
    ["STARTSWITH(tags.place, 'ho')", 'a'],
    ["endswith(tags.place, 'ay')", 'b'],
    ['tags.n * 2 + 1 = 5 AND -tags.n < 0 AND tags.n % 2 = 0 AND tags.n / 2 = 1 AND tags.n - 1 = 1', 'b'],
    ["nothing.here = 1 OR deviceId = 'd'", 'd'],
    ['IS_NUMBER(tags.n) AND IS_PRIMITIVE(tags.n) AND NOT IS_STRING(tags.n) AND NOT IS_OBJECT(tags.n)', 'abc'],
    ['IS_PRIMITIVE(tags.place) AND NOT IS_PRIMITIVE(tags.list)', 'abc'],
    ['ARRAY_CONTAINS(tags.list, 2)', 'a'],
    ['NOT ARRAY_CONTAINS(tags.list, 3)', 'a'],
    [
      "ARRAY_CONTAINS(tags.list, '2') OR ARRAY_CONTAINS(tags.n, 1) OR ARRAY_CONTAINS(tags.list, tags.list)",
      '',
    ],
  ])('WIRE-QRY-06 WIRE-QRY-12: %s', (where, expected) => {
    expect(ids(where)).toBe(expected)
  })

  test.each([
    ["tags.n = '1'", ''],
    ["tags.n < 'x' OR NOT tags.n < 'x'", ''],
    ["tags.n != 'x'", ''],
    ['tags.place != null', ''],
    ['tags.place >= null', 'c'],
    ['tags = tags OR properties.reported = properties.reported OR tags.list = tags.list', ''],
    ['tags.list != tags.list OR tags.list IN [[1, 2]] OR tags.list NIN [1]', ''],
    ['properties.reported.on > false', 'a'],
    ["tags.n IN [1, 'x'] ", 'a'],
    ["tags.n NIN [1, 'x']", ''],
    ['tags.nothing = undefined OR tags.nothing != undefined OR NOT tags.nothing = 1', ''],
    ['tags.nothing = 1 AND false OR NOT (tags.nothing = 1 AND false)', 'abcd'],
    ["tags.place > 'b' AND tags.place < 'hp'", 'a'],
  ])('WIRE-QRY-13: only primitives of one type compare: %s', (where, expected) => {
    expect(ids(where)).toBe(expected)
  })

  test.each([
    ['tags.n NOT IN [1]', 'bc'],
    ['deviceId IN []', ''],
    ["deviceId IN ('a', 'b')", 'ab'],
    ['IS_ARRAY(tags.list) AND tags.list[1] = 2', 'a'],
    ["properties.reported['a b'] = 1", 'a'],
    ["STARTS_WITH(tags.place, 'ho')", 'a'],
    ["ENDS_WITH(tags.place, 'ay') OR CONTAINS(tags.place, 'om')", 'ab'],
    ["UPPER(tags.place) = 'HOME' AND LENGTH(tags.place) = 4", 'a'],
    ["CONCAT(deviceId, '-', LOWER('X')) = 'b-x'", 'b'],
    ["SUBSTRING(tags.place, 1, 2) = 'om' AND INDEX_OF(tags.place, 'm') = 2", 'a'],
    ["SUBSTRING(tags.place, 2) = 'me' AND SUBSTRING(tags.place, 4) = ''", 'a'],
    ['IS_DEFINED(SUBSTRING(tags.place, 5)) OR IS_DEFINED(SUBSTRING(tags.place, 1, 4))', ''],
    ["AS_NUMBER('2') = tags.n AND NOT IS_DEFINED(AS_NUMBER('two'))", 'b'],
    ['POWER(tags.n, 2) = 9 AND SQUARE(tags.n) = 9 AND SQRT(9) = tags.n', 'c'],
    ['ABS(-3) = tags.n AND CEILING(2.1) = 3 AND FLOOR(3.9) = 3 AND SIGN(-2) = -1 AND EXP(0) = 1', 'c'],
  ])('WIRE-QRY-11: with wideQueryLanguage: %s', (where, expected) => {
    expect(ids(where, WIDE_DIALECT)).toBe(expected)
  })
})

describe('columns', () => {
  const rows = (text: string) => registryOf(TWINS).queries.run(text)

  test('WIRE-QRY-02 WIRE-QRY-05: projections are Raw, SELECT * is Twin, jobs are DeviceJob', () => {
    expect(rows('SELECT deviceId, tags.n AS number FROM devices WHERE tags.n < 3')).toEqual({
      itemType: 'Raw',
      rows: [
        { deviceId: 'a', number: 1 },
        { deviceId: 'b', number: 2 },
      ],
      continuation: undefined,
    })
    expect(rows('SELECT * FROM devices').itemType).toBe('Twin')
    expect(rows("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j'")).toMatchObject({
      itemType: 'DeviceJob',
      rows: [{ deviceId: 'a' }],
    })
  })

  test('WIRE-QRY-05: aggregates and groups', () => {
    expect(
      rows(
        'SELECT COUNT() AS n, SUM(tags.n) AS s, AVG(tags.n) AS a, MIN(tags.n) AS l, MAX(tags.n) AS g FROM devices',
      ).rows,
    ).toEqual([{ n: 4, s: 6, a: 2, l: 1, g: 3 }])
    expect(rows('SELECT tags.place AS p, COUNT() AS n FROM devices GROUP BY tags.place').rows).toEqual([
      { p: 'home', n: 1 },
      { p: 'away', n: 1 },
      { p: null, n: 1 },
      { n: 1 },
    ])
    expect(rows("SELECT COUNT() FROM devices WHERE deviceId = 'no'").rows).toEqual([{ $1: 0 }])
  })

  test('WIRE-QRY-16: system names come back as the service spells them, other names as they are written', () => {
    expect(
      rows('SELECT DeviceID, TAGS.n, ETAG AS E, tags.N FROM devices WHERE DEVICES.TAGS.n = 1').rows,
    ).toEqual([{ deviceId: 'a', n: 1, E: 'AAAAAAAAAAE=' }])
  })

  test.each([
    ['SELECT deviceId FROM devices.jobs', 'devices.jobs'],
    ['SELECT COUNT() FROM devices.jobs', 'devices.jobs'],
    ["SELECT * FROM devices.jobs WHERE NOT (status IN ['a'] AND IS_DEFINED(Tags.n))", 'Line 1:70 '],
    ['SELECT * FROM devices.jobs WHERE 1 - -devices.jobs.properties.reported.n = 1', 'Line 1:39 '],
  ])('WIRE-QRY-19: jobs: refuses %s', (text, part) => {
    expect(() => rows(text)).toThrow(part)
  })

  test.each([
    ['SELECT deviceId, COUNT() FROM devices', 'GROUP BY'],
    ['SELECT * FROM devices GROUP BY tags.n', 'GROUP BY'],
    ['SELECT * FROM devices WHERE NOSUCH(deviceId)', "Line 1:29 Unexpected character at input 'NOSUCH'"],
    ['SELECT * FROM devices WHERE IS_NULL()', '1 arguments'],
    ['SELECT SUM() FROM devices', 'Line 1:12 '],
  ])('WIRE-QRY-08: refuses %s', (text, part) => {
    expect(() => rows(text)).toThrow(part)
  })
})

describe('pages', () => {
  const QUERY = 'SELECT deviceId FROM devices'

  test('WIRE-QRY-03 WIRE-QRY-04: go on behind the last row, whatever came or went meanwhile', () => {
    const { queries, add, remove } = registryOf(TWINS)
    const first = queries.run(QUERY, { maxItems: 2 })
    expect(first.rows).toEqual([{ deviceId: 'a' }, { deviceId: 'b' }])
    remove('b')
    add({ deviceId: 'e' })
    const second = queries.run(QUERY, { maxItems: 2, continuation: first.continuation })
    expect(second.rows).toEqual([{ deviceId: 'c' }, { deviceId: 'd' }])
    const third = queries.run(QUERY, { maxItems: 2, continuation: second.continuation })
    expect(third).toMatchObject({ rows: [{ deviceId: 'e' }], continuation: undefined })
  })

  test('WIRE-QRY-03: no token on an exactly full last page; TOP ends the pages', () => {
    const { queries } = registryOf(TWINS)
    expect(queries.run(QUERY, { maxItems: 4 }).continuation).toBeUndefined()
    const text = 'SELECT TOP 3 deviceId FROM devices'
    const { continuation } = queries.run(text, { maxItems: 2 })
    expect(queries.run(text, { maxItems: 2, continuation })).toMatchObject({
      rows: [{ deviceId: 'c' }],
      continuation: undefined,
    })
  })

  test('WIRE-QRY-04: a tampered token, and the token of another query, are refused', () => {
    const { queries } = registryOf(TWINS)
    const token = queries.run(QUERY, { maxItems: 1 }).continuation!
    const flipped = `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`
    for (const [text, continuation] of [
      [QUERY, flipped],
      [QUERY, 'x'],
      ['SELECT * FROM devices', token],
    ] as const)
      expect(() => queries.run(text, { continuation })).toThrow(HubError)
  })

  test('WIRE-QRY-17: 100 rows a page, whatever else is asked for', () => {
    const { queries } = registryOf(
      Array.from({ length: 250 }, (_, index) => ({ deviceId: `d${String(index)}` })),
    )
    for (const maxItems of [undefined, 0, -1, 1.5, NaN, 100, 101, 1_000])
      expect(queries.run(QUERY, { maxItems }).rows).toHaveLength(100)
    expect(queries.run(QUERY, { maxItems: 99 }).rows).toHaveLength(99)
  })

  test('WIRE-QRY-17: the size may change between two pages', () => {
    const { queries } = registryOf(TWINS)
    const { continuation } = queries.run(QUERY, { maxItems: 1 })
    expect(queries.run(QUERY, { maxItems: 3, continuation }).rows).toHaveLength(3)
  })
})

test('a condition that names its device does not scan', () => {
  const { queries, scans } = registryOf(TWINS)
  expect(queries.all("SELECT * FROM devices WHERE deviceId = 'b' AND tags.n = 2")).toHaveLength(1)
  expect(
    queries.all("SELECT * FROM devices WHERE tags.n > 1 AND devices.ID IN ['b', 'c', 'no']"),
  ).toHaveLength(2)
  expect(scans()).toBe(0)
  expect(queries.all("SELECT * FROM devices WHERE deviceId = 'b' OR tags.n = 1")).toHaveLength(2)
  expect(scans()).toBe(4)
})
