import { describe, expect, test } from 'vitest'
import { HubError } from '../errors/hub-error.ts'
import { parseQuery, parseTarget } from './parse.ts'

const refusal = (text: string): HubError => {
  try {
    parseQuery(text)
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
    'SELECT TOP 10 deviceId, tags.location.region AS region FROM devices WHERE tags.a IN [\'x\', "y"];',
    'SELECT COUNT() AS n, properties.reported.s AS status FROM devices GROUP BY properties.reported.s',
    'SELECT COUNT(*), AVG(tags.n), MIN(tags.n) FROM devices',
    "SELECT * FROM devices.jobs WHERE devices.jobs.deviceId = 'a' AND devices.jobs.status <> 'completed'",
    "select deviceId from devices.modules where moduleId = '$edgeAgent' and configurations.[[a-b]].status='Applied'",
    "SELECT * FROM devices WHERE properties.reported['a b'][0].$version >= -1.5e3 % 2",
    'SELECT * FROM devices WHERE NOT (IS_DEFINED(tags.in) OR tags.select NIN [1, 2]) AND true',
    "SELECT * FROM devices WHERE tags.größe = 'it''s'",
    'SELECT *\nFROM devices\nWHERE properties.desired.$version = properties.reported.lastDesiredVersion',
  ])('WIRE-QRY-06: reads %s', (text) => {
    expect(parseQuery(text).from).toMatch(/^devices/)
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
    ['SELECT * FRM devices', 1, 10],
    ['SELECT * FROM things', 1, 15],
    ['SELECT * FROM devices\nWHERE a ==  1', 2, 10],
    ["SELECT * FROM devices WHERE a = 'x", 1, 33],
    ['', 1, 1],
    ['SELECT * FROM devices WHERE', 1, 28],
    ['SELECT * FROM devices ORDER BY deviceId', 1, 23],
  ])('WIRE-QRY-08: says where %j is wrong', (text, line, column) => {
    const { kind, message } = refusal(text)
    expect(kind).toBe('ArgumentInvalid')
    expect(message).toContain(`line ${String(line)}, column ${String(column)}`)
    expect(message).toContain('xpected')
  })

  test('a text of 8201 bytes is too long, one of 8200 is not', () => {
    const text = (bytes: number) => `SELECT * FROM devices WHERE a = '${'x'.repeat(bytes - 34)}'`
    expect(parseQuery(text(8200)).from).toBe('devices')
    expect(refusal(text(8201)).kind).toBe('PreconditionFailed')
  })

  test('deep nesting is an answer, not a crash', () => {
    const text = `SELECT * FROM devices WHERE ${'('.repeat(4000)}a${')'.repeat(4000)}`
    expect(() => parseQuery(text).from).toThrow(HubError)
  })
})

test('targets: everything, a condition, a condition over modules', () => {
  expect(parseTarget('*')).toEqual({ from: 'devices', where: undefined })
  expect(parseTarget("tags.a = 'b'")).toMatchObject({ from: 'devices', where: { type: 'compare' } })
  expect(parseTarget("from devices.modules where moduleId = 'm'")).toMatchObject({ from: 'devices.modules' })
  expect(() => parseTarget('SELECT * FROM devices')).toThrow(HubError)
})
