import { expect, test } from 'vitest'
import type { RequirementResult } from '../conformance/results.ts'
import type { Verdict } from '../conformance/verdict.ts'
import { ladder } from './ladder.ts'
import { sectionsOf } from './sections.ts'

const record = (requirement: string, verdict: Verdict, neutral?: Verdict): RequirementResult => ({
  ...{ requirement, identity: 'device', title: '', area: '', level: 'must', capability: '', scenarios: [] },
  ...{ verdict, ...(neutral === undefined ? {} : { neutral }) },
})
const ids = (records: readonly RequirementResult[]): string =>
  records.map(({ requirement }) => requirement).join(' ')

test('a fault is a miss in any language; what differs from the Python API alone is an idiom', () => {
  const { faults, warnings, idioms, notClaimed } = sectionsOf([
    record('met', 'PASS', 'PASS'),
    record('fault', 'FAIL', 'FAIL'),
    record('unclear', 'INCONCLUSIVE', 'INCONCLUSIVE'),
    record('warned', 'FAIL', 'WARN'),
    record('own-class', 'FAIL', 'PASS'),
    record('python-api', 'FAIL'),
    record('not-claimed', 'NOT_SUPPORTED', 'NOT_SUPPORTED'),
    record('asked-otherwise', 'NOT_SUPPORTED', 'PASS'),
    record('python-option', 'NOT_SUPPORTED'),
  ])
  expect(ids(faults)).toBe('fault unclear')
  expect(ids(warnings)).toBe('warned')
  expect(ids(idioms)).toBe('own-class python-api')
  expect(ids(notClaimed)).toBe('not-claimed python-option')
})

const line = (seq: number, ms: number, type: string, rest: object): string =>
  `${String(seq)} ${new Date(ms).toISOString()} ${type} ${JSON.stringify(rest)}`
const packet = (seq: number, direction: string, cmd: string, fields: object, linkId = 'l1'): string =>
  line(seq, seq * 100, 'packet', { linkId, direction, cmd, packet: fields })

test('a ladder shows who sent what to whom, on which connection, and the faults between', () => {
  const rungs = ladder([
    packet(1, 'in', 'connect', { clientId: 'device-1' }),
    line(2, 200, 'fault', { phase: 'armed', name: 'mqtt.connack.code' }),
    line(3, 300, 'fault', { phase: 'fired', name: 'mqtt.connack.code' }),
    packet(4, 'out', 'connack', { returnCode: 3 }),
    line(5, 500, 'link-closed', { linkId: 'l1', reason: 'refused' }),
    packet(6, 'in', 'connect', { clientId: 'device-1' }, 'l2'),
    'call connect: pending',
  ])
  expect(rungs.map((rung) => rung.replace(/─+/g, '─').trim())).toEqual([
    expect.stringMatching(/^client +hub$/) as string,
    '0.000 #1 ├ CONNECT device-1 ─►',
    '0.200    · fault mqtt.connack.code',
    '0.300 #1 ◄─ CONNACK 3 ┤',
    '0.400 #1 · connection closed: refused',
    '0.500 #2 ├ CONNECT device-1 ─►',
  ])
})

test('a ladder keeps the last rungs, counts repeats, and is empty when nothing came to the hub', () => {
  const pings = Array.from({ length: 5 }, (_none, index) => packet(index + 1, 'in', 'pingreq', {}))
  expect(ladder(pings).at(-1)).toContain('PINGREQ ×5')
  const many = Array.from({ length: 40 }, (_none, index) =>
    packet(index + 1, index % 2 === 0 ? 'in' : 'out', index % 2 === 0 ? 'pingreq' : 'pingresp', {}),
  )
  expect(ladder(many)).toHaveLength(18)
  expect(ladder(many)[1]).toContain('24 before')
  expect(ladder(['call connect: pending'])).toEqual([])
})
