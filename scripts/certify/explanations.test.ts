import { expect, test } from 'vitest'
import type { RequirementResult } from '../../step-definitions/conformance/results.ts'
import { compare, parseExplanations } from './explanations.ts'

const result = (verdict: string): RequirementResult => ({
  ...{
    requirement: 'R-01',
    identity: 'device',
    title: '',
    area: '',
    level: 'must',
    capability: '',
    scenarios: [],
  },
  ...({ verdict } as Pick<RequirementResult, 'verdict'>),
})
const explained = (verdict: string): ReturnType<typeof parseExplanations> =>
  parseExplanations(`[{ what: w, why: y, evidence: [e], requirements: [R-01], verdict: ${verdict} }]`)
const complaints = (verdict: string, explanation: string): readonly string[] =>
  compare([result(verdict)], explained(explanation)).complaints.map(({ text }) => text)

test.each([
  ['FAIL', 'FAIL'],
  ['FAIL', '[PASS, FAIL]'],
  ['PASS', '[PASS, FAIL]'],
])('%s is explained by %s', (verdict, explanation) => {
  expect(complaints(verdict, explanation)).toEqual([])
})

test.each([
  ['PASS', 'FAIL', ['stale: R-01 is explained as FAIL (w), and is PASS']],
  [
    'INCONCLUSIVE',
    '[PASS, FAIL]',
    [
      'stale: R-01 is explained as PASS or FAIL (w), and is INCONCLUSIVE',
      'unexplained: R-01/device is INCONCLUSIVE: ',
    ],
  ],
])('%s is not explained by %s', (verdict, explanation, expected) => {
  expect(complaints(verdict, explanation)).toEqual(expected)
})

const fault = (neutral: string | undefined, more = ''): readonly string[] => {
  const record = { ...result('FAIL'), ...(neutral === undefined ? {} : { neutral }) } as RequirementResult
  const entry = `{ what: w, why: y, evidence: [e], requirements: [R-01], verdict: FAIL${more} }`
  return compare([record], parseExplanations(`[${entry}]`)).complaints.map(({ text }) => text)
}

test('a fault by the neutral rules is listed, and what is listed is one', () => {
  expect(fault('PASS')).toEqual([])
  expect(fault(undefined)).toEqual([])
  expect(fault('FAIL', ', faults: [R-01]')).toEqual([])
  expect(fault('FAIL')).toEqual(['no fault is listed: R-01/device is FAIL by the neutral rules'])
  expect(fault('PASS', ', faults: [R-01]')).toEqual(['stale fault: R-01/device is PASS by the neutral rules'])
})
