import { describe, expect, test } from 'vitest'
import { HubError } from '../errors/hub-error.ts'
import { LONGEST_QUERY, parseQuery, parseTarget, STRICT_DIALECT, WIDE_DIALECT } from './parse.ts'

const refusal = (text: string, dialect = STRICT_DIALECT): HubError => {
  try {
    parseQuery(text, dialect)
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
  throw new Error(`accepted: ${text}`)
}

describe('the grammar', () => {
  test.each([
    'SELECT * FROM devices',
    'select * from devices where DeviceId = "x"',
    'SELECT TOP 10 deviceId, tags.location.region AS region FROM devices WHERE tags.a IN [\'x\', "y"]',
    'SELECT COUNT() AS n, properties.reported.s AS status FROM devices GROUP BY properties.reported.s',
    'SELECT COUNT(), AVG(tags.n), MIN(tags.n) FROM devices',
    "SELECT * FROM devices.jobs WHERE devices.jobs.deviceId = 'a' AND devices.jobs.status <> 'completed'",
    "select deviceId from devices.modules where moduleId = '$edgeAgent' and configurations.[[a-b]].status='Applied'",
    'SELECT * FROM devices WHERE properties.reported.[[a b]].$version >= -1.5e3 % 2 + .5 - 0xFf',
    'SELECT * FROM devices WHERE NOT (IS_DEFINED(tags.in) OR tags.select NIN [1, [2, null]]) AND true',
    'SELECT * FROM devices WHERE tags.größe = \'it\'\'s\' OR tags.größe = "it""s"',
    'SELECT *\nFROM devices\nWHERE properties.desired.$version = properties.reported.lastDesiredVersion',
    'SELECT * FROM devices WHERE NOTES.x = 1 AND ORDER.y = 2 AND tags.in-stock = 3 AND inStock = 4',
  ])('WIRE-QRY-06: reads %s', (text) => {
    expect(parseQuery(text).from).toMatch(/^devices/)
  })

  test.each([
    'SELECT/**/*/* what there is */FROM devices /* WHERE nothing */',
    "/* first */ SELECT * FROM devices WHERE a/**/=/* over\n two lines */'/* a text */'",
  ])('WIRE-QRY-14: a comment is a blank: %s', (text) => {
    expect(parseQuery(text).from).toBe('devices')
  })

  test.each([
    'SELECT * FROM devices /* without an end',
    'SELECT * FROM devices -- a line',
    'SELECT * FROM /* a /* b */ c */ devices',
  ])('WIRE-QRY-14: no comment: %s', (text) => {
    expect(refusal(text).kind).toBe('ArgumentInvalid')
  })

  test('WIRE-QRY-15: a hyphen between names is part of a name, between blanks it is a minus', () => {
    expect(parseQuery('SELECT * FROM devices WHERE tags.a-b = 1').where).toMatchObject({
      left: { type: 'path', path: ['tags', 'a-b'] },
    })
    expect(parseQuery('SELECT * FROM devices WHERE tags.a - tags.b = 1').where).toMatchObject({
      left: { type: 'arithmetic', operator: '-' },
    })
  })

  test.each([
    'SELECT * FROM devices WHERE tags.group = 1',
    'SELECT * FROM devices WHERE group = 1',
    'SELECT deviceId AS group FROM devices',
    'SELECT * FROM devices WHERE tags.[[a]]]] = 1',
    'SELECT * FROM devices WHERE tags.[[]] = 1',
    'SELECT * FROM devices WHERE 1a = 1',
  ])('WIRE-QRY-15: no name: %s', (text) => {
    expect(refusal(text).kind).toBe('ArgumentInvalid')
  })

  test('AND binds closer than OR, arithmetic closer than comparison', () => {
    expect(parseQuery('SELECT * FROM devices WHERE a = 1 OR b = 2 + 3 * c AND NOT d').where).toMatchObject({
      type: 'or',
      left: { type: 'compare' },
      right: {
        type: 'and',
        left: { right: { type: 'arithmetic', operator: '+', right: { operator: '*' } } },
        right: { type: 'not' },
      },
    })
  })

  test.each([
    ['SELECT * FRM devices', 1, 10, 'FRM'],
    ['SELECT * FROM things', 1, 15, 'things'],
    ['SELECT * FROM devices\nWHERE a ==  1', 2, 10, '='],
    ["SELECT * FROM devices WHERE a = 'x", 1, 33, "'x"],
    ['', 1, 1, '<EOF>'],
    ['SELECT * FROM devices WHERE', 1, 28, '<EOF>'],
    ['SELECT * FROM devices ORDER BY deviceId', 1, 23, 'ORDER'],
    ['SELECT * FROM devices WHERE CONTAINS(a, b)', 1, 29, 'CONTAINS'],
    ['SELECT * FROM devices WHERE a = "x" LIMIT 1', 1, 37, 'LIMIT'],
  ])('WIRE-QRY-23: says in the words of the service where %j is wrong', (text, line, column, token) => {
    const { kind, message, explanation } = refusal(text)
    expect(kind).toBe('ArgumentInvalid')
    const where = `Line ${String(line)}:${String(column)} Unexpected character at input '${token}'`
    expect(message).toContain(`SQL query parse failed due to following errors: \n\t${where}: `)
    expect(explanation.received).toContain(`line ${String(line)}, column ${String(column)}: `)
  })

  test('WIRE-QRY-23: columns of a condition are counted in the query it is made part of', () => {
    expect(() => parseTarget('SELECT * FROM devices')).toThrow(
      "failed due to following errors: \n\tLine 1:29 Unexpected character at input 'SELECT'",
    )
    expect(() => parseTarget('tags.a = 1\nAND tags.b == 1')).toThrow(
      "Line 2:13 Unexpected character at input '='",
    )
    expect(() => parseTarget('FROM devices.modules WHERE')).toThrow('Line 1:27 ')
  })

  test('WIRE-QRY-09: a text of 8193 characters is too long, one of 8192 is not', () => {
    const text = (characters: number) => `SELECT * FROM devices WHERE a = '${'ß'.repeat(characters - 34)}'`
    expect(text(LONGEST_QUERY)).toHaveLength(8192)
    expect(parseQuery(text(8192)).from).toBe('devices')
    expect(refusal(text(8193)).kind).toBe('PreconditionFailed')
    expect(() => parseTarget(text(8193))).toThrow('8193 characters of at most 8192')
  })

  test('deep nesting is refused', () => {
    const text = `SELECT * FROM devices WHERE ${'('.repeat(4000)}a${')'.repeat(4000)}`
    expect(() => parseQuery(text).from).toThrow(HubError)
  })
})

describe('wideQueryLanguage', () => {
  test.each([
    "SELECT * FROM devices WHERE deviceId IN ('a', 'b')",
    'SELECT * FROM devices WHERE deviceId IN []',
    "SELECT * FROM devices WHERE deviceId NOT IN ['a']",
    'SELECT tags.n + 1 AS n, IS_DEFINED(tags.n) AS there FROM devices',
    'SELECT COUNT(*) AS all, COUNT(tags.n) AS some FROM devices',
    "SELECT * FROM devices WHERE properties.reported['a b'] = 1",
    'SELECT * FROM devices WHERE tags.list[1] = 2',
    "SELECT * FROM devices WHERE tags.a = 'x\\ty\\/'",
    'SELECT * FROM devices;',
    "SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'a') AND CONTAINS(deviceId, 'b')",
  ])('WIRE-QRY-11: is off, and then refuses %s', (text) => {
    expect(refusal(text).kind).toBe('ArgumentInvalid')
    expect(parseQuery(text, WIDE_DIALECT).from).toBe('devices')
  })

  test.each([
    "SELECT * FROM devices WHERE deviceId LIKE 'a%'",
    'SELECT * FROM devices ORDER BY deviceId',
    'SELECT * FROM devices JOIN devices.modules',
    'SELECT DISTINCT deviceId FROM devices',
    'SELECT *',
  ])('WIRE-QRY-11: refused even then: %s', (text) => {
    expect(refusal(text, WIDE_DIALECT).kind).toBe('ArgumentInvalid')
  })

  test('WIRE-QRY-12: a function that is none is named, with those that there are', () => {
    const { message } = refusal("SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'x')")
    expect(message).toContain('Line 1:29')
    expect(message).toContain('STARTS_WITH is not a function here')
    expect(message).toContain('STARTSWITH, ENDSWITH, ARRAY_CONTAINS')
    expect(refusal("SELECT * FROM devices WHERE startswith('x')").message).toContain(
      'takes 2 arguments, given: 1',
    )
    expect(refusal("SELECT * FROM devices WHERE CONCAT('x')='x'", WIDE_DIALECT).message).toContain(
      '2 to any number',
    )
  })
})

test('targets: everything, a condition, a condition over modules', () => {
  expect(parseTarget('*')).toEqual({ from: 'devices', where: undefined })
  expect(parseTarget("tags.a = 'b'")).toMatchObject({ from: 'devices', where: { type: 'compare' } })
  expect(parseTarget("from devices.modules where moduleId = 'm'")).toMatchObject({ from: 'devices.modules' })
  expect(() => parseTarget('SELECT * FROM devices')).toThrow(HubError)
})
