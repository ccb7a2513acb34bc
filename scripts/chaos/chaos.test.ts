import { expect, test } from 'vitest'
import { check, type Rule } from './checker.ts'
import { draw } from './draw.ts'
import { scriptOf, type ScriptStep } from './faults.ts'
import type { Happening, History } from './history.ts'
import { DEVICES, run } from './run.ts'
import { shrink } from './shrink.ts'

const d = { device: 'd' } as const
const historyOf = (...happenings: readonly Happening[]): History =>
  happenings.map((happening, n) => ({ at: n * 1_000, ...happening }))
const rulesOf = (history: History): readonly Rule[] => check(history).map(({ rule }) => rule)

const GOOD: readonly Happening[] = [
  { type: 'link-up', ...d, link: '1' },
  { type: 'offered', ...d, id: 'a' },
  { type: 'offered', ...d, id: 'b' },
  { type: 'stored', ...d, id: 'a' },
  { type: 'acknowledged', ...d, id: 'a' },
  { type: 'fault', ...d, what: 'tcp.reset' },
  { type: 'link-down', ...d, link: '1' },
  { type: 'link-up', ...d, link: '2' },
  { type: 'stored', ...d, id: 'b' },
  // Sent again, because the acknowledgement was lost.
  { type: 'stored', ...d, id: 'b' },
  { type: 'acknowledged', ...d, id: 'b' },
  { type: 'c2d-sent', ...d, id: 'm' },
  { type: 'c2d-received', ...d, id: 'm' },
  { type: 'c2d-received', ...d, id: 'm' },
  { type: 'c2d-settled', ...d, id: 'm', status: 'Success' },
  { type: 'desired-set', ...d, version: 2 },
  { type: 'desired-seen', ...d, version: 2 },
  { type: 'reported', ...d, value: 3 },
  { type: 'method-asked', ...d, call: 1 },
  { type: 'method-received', ...d, call: 1 },
  { type: 'method-result', ...d, call: 1, status: 200, by: 'd' },
  { type: 'method-asked', ...d, call: 2 },
  { type: 'method-result', ...d, call: 2, status: 0 },
  { type: 'reported-at-end', ...d, value: 3 },
  { type: 'quiet' },
]

test('a history that keeps the contract has no violation', () => {
  expect(check(historyOf(...GOOD))).toEqual([])
})

test.each<[Rule, readonly Happening[]]>([
  [
    'acknowledged-is-stored',
    [
      { type: 'offered', ...d, id: 'a' },
      { type: 'acknowledged', ...d, id: 'a' },
    ],
  ],
  ['nothing-invented', [{ type: 'stored', ...d, id: 'x' }]],
  ['nothing-invented', [{ type: 'c2d-settled', ...d, id: 'x', status: 'Success' }]],
  [
    'order-kept',
    [
      { type: 'offered', ...d, id: 'a' },
      { type: 'offered', ...d, id: 'b' },
      { type: 'stored', ...d, id: 'b' },
      { type: 'stored', ...d, id: 'a' },
    ],
  ],
  [
    'settled-once',
    [
      { type: 'c2d-sent', ...d, id: 'm' },
      { type: 'c2d-settled', ...d, id: 'm', status: 'Success' },
      { type: 'c2d-settled', ...d, id: 'm', status: 'Expired' },
    ],
  ],
  ['settled-once', [{ type: 'c2d-sent', ...d, id: 'm' }, { type: 'quiet' }]],
  [
    'received-by-its-device',
    [
      { type: 'c2d-sent', device: 'e', id: 'm' },
      { type: 'c2d-received', ...d, id: 'm' },
    ],
  ],
  [
    'versions-rise',
    [
      { type: 'desired-set', ...d, version: 2 },
      { type: 'desired-set', ...d, version: 2 },
    ],
  ],
  [
    'versions-rise',
    [
      { type: 'desired-seen', ...d, version: 3 },
      { type: 'desired-seen', ...d, version: 2 },
    ],
  ],
  [
    'one-link',
    [
      { type: 'link-up', ...d, link: '1' },
      { type: 'link-up', ...d, link: '2' },
    ],
  ],
  [
    'answered-by-the-asked',
    [
      { type: 'method-asked', ...d, call: 1 },
      { type: 'method-received', device: 'e', call: 1 },
    ],
  ],
  [
    'answered-by-the-asked',
    [
      { type: 'method-asked', ...d, call: 1 },
      { type: 'method-received', ...d, call: 1 },
      { type: 'method-result', ...d, call: 1, status: 200, by: 'e' },
    ],
  ],
  [
    'answered-by-the-asked',
    [
      { type: 'method-asked', ...d, call: 1 },
      { type: 'method-result', ...d, call: 1, status: 200, by: 'd' },
    ],
  ],
  ['answered-by-the-asked', [{ type: 'method-asked', ...d, call: 1 }, { type: 'quiet' }]],
  [
    'last-report-wins',
    [
      { type: 'reported', ...d, value: 4 },
      { type: 'reported-at-end', ...d, value: 3 },
    ],
  ],
  ['recovers', [{ type: 'offered', ...d, id: 'last' }, { type: 'quiet' }]],
])('%s is seen', (rule, happenings) => {
  const history = historyOf(...happenings)
  expect(rulesOf(history)).toEqual([rule])
  const [violation] = check(history)
  expect(violation && draw(history, violation)).toContain(`▲ ${rule}: `)
})

test('a late copy of a settled message is no violation, and one after minutes is', () => {
  const sent = historyOf(
    { type: 'c2d-sent', ...d, id: 'm' },
    { type: 'c2d-settled', ...d, id: 'm', status: 'Success' },
  )
  const copy = { type: 'c2d-received', ...d, id: 'm' } as const
  expect(rulesOf([...sent, { ...copy, at: 60_000 }])).toEqual([])
  expect(rulesOf([...sent, { ...copy, at: 600_000 }])).toEqual(['settled-once'])
})

test('the same seed is the same script', () => {
  expect(scriptOf(7, 2, DEVICES)).toEqual(scriptOf(7, 2, DEVICES))
  expect(scriptOf(7, 2, DEVICES)).not.toEqual(scriptOf(8, 2, DEVICES))
})

test('shrinking leaves the faults that the violation needs, and those alone', async () => {
  const script: readonly ScriptStep[] = Array.from({ length: 60 }, (_, n) => ({
    at: n,
    do: 'burst',
    device: `d${n}`,
  }))
  const needs = [13, 41]
  const runs = ({ script: steps }: Parameters<typeof run>[0]): Promise<History> =>
    Promise.resolve(
      needs.every((at) => steps.some((step) => step.at === at))
        ? [{ at: 50_000, type: 'stored', device: 'd', id: 'x' }]
        : [],
    )
  const history = await runs({ seed: 1, hours: 1, script })
  const [violation] = check(history)
  if (violation === undefined) throw new Error('expected a violation')
  const shrunk = await shrink({ seed: 1, hours: 1, script }, { history, violation }, { most: 200, runs })
  expect(shrunk.script.map(({ at }) => at)).toEqual(needs)
})

test('an hour with random faults keeps the contract', async () => {
  const history = await run({ seed: 11, hours: 1, script: scriptOf(11, 1, DEVICES) })
  expect(check(history)).toEqual([])
  const counts = new Map<string, number>()
  for (const { type } of history) counts.set(type, (counts.get(type) ?? 0) + 1)
  // All parties have worked: a run in which nothing happens keeps any contract.
  for (const [type, least] of [
    ['acknowledged', 2_000],
    ['c2d-received', 50],
    ['desired-seen', 30],
    ['reported', 100],
    ['method-received', 50],
    ['link-up', 30],
    ['fault', 60],
  ] as const)
    expect(counts.get(type), type).toBeGreaterThan(least)
  for (const device of DEVICES)
    expect(history.some((event) => event.type === 'acknowledged' && event.device === device)).toBe(true)
})
