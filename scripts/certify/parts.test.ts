import { expect, test } from 'vitest'
import { loadScenarios } from '../../step-definitions/catalogue/scenarios.ts'
import type { RequirementResult } from '../../step-definitions/conformance/results.ts'
import { joinRecords, partsOf } from './parts.ts'

test('the parts have every feature of clients once, and about as many scenarios', () => {
  const scenarios = loadScenarios().filter(({ identity }) => identity !== 'hub')
  const parts = partsOf('reports/x', 3).map(({ selection: [, ...features] }) => features)
  expect(parts.flat().sort()).toEqual([...new Set(scenarios.map(({ uri }) => uri))].sort())
  for (const part of parts)
    expect(scenarios.filter(({ uri }) => part.includes(uri)).length).toBeGreaterThan(scenarios.length / 4)
  expect(partsOf('reports/x', 1)).toEqual([{ reports: 'reports/x', selection: [] }])
})

test('a requirement of two parts has one record with the worst verdict', () => {
  const record = (requirement: string, verdict: string, neutral?: string) =>
    ({
      requirement,
      identity: 'device',
      verdict,
      ...(neutral && { neutral }),
      scenarios: [{ verdict }],
    }) as unknown as RequirementResult
  expect(joinRecords([record('A', 'PASS'), record('B', 'PASS'), record('A', 'FAIL')])).toEqual([
    { ...record('A', 'FAIL'), scenarios: [{ verdict: 'PASS' }, { verdict: 'FAIL' }] },
    record('B', 'PASS'),
  ])
  expect(
    joinRecords([record('A', 'PASS', 'PASS'), record('A', 'FAIL', 'FAIL'), record('A', 'PASS')])[0],
  ).toMatchObject({
    neutral: 'FAIL',
  })
})
