import { expect, test } from 'vitest'
import { countFeatures, countUnitTests } from './counts.ts'

function report(over: object): () => string {
  const testResults = [{ name: `${process.cwd()}/a.test.ts`, assertionResults: [{}] }]
  const all = { numTotalTests: 2, numPassedTests: 2, numFailedTests: 0, testResults, ...over }
  return () => JSON.stringify(all)
}

test('every test file ran and nothing was skipped: no problem', () => {
  expect(countUnitTests(report({}), ['a.test.ts'])).toMatchObject({ passed: 2, failed: 0, problems: [] })
})

test('a test file of the tree that did not run is a problem', () => {
  expect(countUnitTests(report({}), ['a.test.ts', 'b.test.ts']).problems).toEqual([
    'no test of b.test.ts ran',
  ])
})

test('a test file in which nothing ran is a problem', () => {
  const testResults = [{ name: `${process.cwd()}/a.test.ts`, assertionResults: [] }]
  expect(countUnitTests(report({ testResults }), ['a.test.ts']).problems).toEqual([
    'no test of a.test.ts ran',
  ])
})

test('skipped tests are a problem', () => {
  expect(countUnitTests(report({ numTotalTests: 3 }), ['a.test.ts']).problems).toEqual([
    '1 tests were skipped',
  ])
})

test('no report is a problem', () => {
  const missing = (): string => {
    throw new Error('ENOENT')
  }
  expect(countUnitTests(missing, []).problems).toEqual(['there is no report'])
  expect(countFeatures(missing).problems).toEqual(['there is no report'])
})

test('fewer scenarios than planned: a problem, and failed', () => {
  const results = { planned: 10, ran: 8, verdicts: { PASS: 8 } }
  expect(countFeatures(() => JSON.stringify(results))).toMatchObject({
    passed: 8,
    failed: 2,
    problems: ['10 were planned, 8 ran'],
  })
})

test('nothing planned is a problem; whatever is no PASS has failed', () => {
  expect(countFeatures(() => JSON.stringify({ planned: 0, ran: 0, verdicts: {} })).problems).toEqual([
    'nothing was planned',
  ])
  const results = { planned: 3, ran: 3, verdicts: { PASS: 1, WARN: 1, INCONCLUSIVE: 1 } }
  expect(countFeatures(() => JSON.stringify(results))).toMatchObject({ passed: 1, failed: 2 })
})
