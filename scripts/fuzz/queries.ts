/** Queries of the grammar (docs/contract/queries.md), with or without one lie. */

import { pick, type Random } from './random.ts'

const PATHS = [
  'deviceId',
  'tags.a',
  'properties.desired.a.b',
  'properties.reported.x',
  'status',
  'capabilities.iotEdge',
  'properties.desired.$metadata.a.$lastUpdated',
]
const NUMBERS = ['0', '-1', '1.5', '1e3', '9007199254740993']
const TEXTS = [`''`, `'a'`, `'it''s'`, `'$'`, `'😀'`]

/** A query that the hub reads, or one with a lie. */
export function queryOf(random: Random): string {
  const from = pick(random, ['devices', 'devices.modules', 'devices.jobs'])
  const where = random(3) === 0 ? '' : ` WHERE ${conditionOf(random, 4)}`
  const [select, group] = pick(random, [
    ['*', ''],
    [`${pick(random, PATHS)} AS x, tags.b`, ''],
    ['COUNT() AS n', ''],
    ['status, COUNT() AS n', ' GROUP BY status'],
    [`MAX(${pick(random, PATHS)})`, ''],
  ] as const)
  const text = `SELECT ${random(5) === 0 ? `TOP ${pick(random, NUMBERS)} ` : ''}${select} FROM ${from}${where}${group}`
  return random(2) === 0 ? text : lieIn(text, random)
}

/** A condition, as in WHERE and in target conditions. @param depth of brackets at most. */
export function conditionOf(random: Random, depth: number): string {
  if (depth > 0 && random(2) === 0) {
    const [left, right] = [conditionOf(random, depth - 1), conditionOf(random, depth - 1)]
    return pick(random, [`(${left} AND ${right})`, `${left} OR ${right}`, `NOT (${left})`])
  }
  const path = pick(random, PATHS)
  const value = pick(random, [...NUMBERS, ...TEXTS, 'true', 'null', path])
  return pick(random, [
    `${path} ${pick(random, ['=', '!=', '<>', '<', '<=', '>', '>='])} ${value}`,
    `${path} IN [${value}, 1]`,
    `${path} NIN ['a']`,
    `is_defined(${path})`,
    `STARTSWITH(${path}, 'a')`,
    `length(${path}) > 1`,
    `${path} + ${pick(random, NUMBERS)} > 2`,
  ])
}

function lieIn(text: string, random: Random): string {
  const words = text.split(' ')
  const at = random(words.length)
  const word = words[at] ?? ''
  words[at] = pick(random, [
    '',
    `${word} ${word}`,
    '('.repeat(1 + random(300)),
    `${word})`,
    `'${word}`,
    word.toUpperCase().split('').reverse().join(''),
    '__proto__.constructor',
    '"x"',
    '--',
    '\u0000',
    `tags.${'a.'.repeat(200)}b`,
    `[${'1,'.repeat(500)}1]`,
  ])
  return words.join(' ')
}
