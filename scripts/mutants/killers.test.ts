import { expect, test } from 'vitest'
import { killersAmong, killersIn, withoutVerdict } from './killers.ts'

const record = (requirement: string, verdict: string, message = 'expected 204') => ({
  requirement,
  verdict,
  scenarios: [{ verdict, message }],
})

test('a requirement that failed has noticed the mutant', () => {
  expect(killersIn({ records: [record('A-01', 'FAIL'), record('A-02', 'PASS')] })).toEqual(['A-01'])
})

test.each(['ERROR', 'INCONCLUSIVE', 'NOT_RUN'])('%s is neither a kill nor a survival', (verdict) => {
  const records = [record('A-01', verdict, 'function timed out, ensure the promise resolves within 5 ms')]
  expect(killersIn({ records })).toEqual([])
  expect(withoutVerdict({ records })).toBe(`A-01 ${verdict}`)
})

test('a run that did not happen says why', () => {
  expect(withoutVerdict({ records: [], notRun: '0 of 12 scenarios ran' })).toBe('0 of 12 scenarios ran')
  expect(withoutVerdict({ records: [] })).toBe('no scenario ran')
  expect(withoutVerdict({ records: [record('A-01', 'PASS')] })).toBeUndefined()
})

test('a test that timed out has noticed nothing', () => {
  const name = 'WIRE-D2C-01: stored'
  expect(killersAmong([{ name, message: 'Test timed out in 30000ms.' }])).toEqual([])
  expect(killersAmong([{ name, message: 'expected 1 to be 2' }])).toEqual(['WIRE-D2C-01'])
})
