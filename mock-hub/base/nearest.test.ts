import { expect, test } from 'vitest'
import { didYouMean, nearest } from './nearest.ts'

const KNOWN = ['deviceId', 'moduleId', 'tokenGraceSeconds', 'seed', 'constructor']

test.each([
  ['deviceid', 'deviceId'],
  ['device_id', 'deviceId'],
  ['moduleID', 'moduleId'],
  ['tokenGraceSecs', 'tokenGraceSeconds'],
  ['sed', 'seed'],
  ['deviceId', 'deviceId'],
])('%s is near %s', (name, meant) => {
  expect(nearest(name, KNOWN)).toBe(meant)
  expect(didYouMean(name, KNOWN)).toBe(` (did you mean "${meant}"?)`)
})

test.each(['', 'x', 'temperature', 'toString'])('%j is near none', (name) => {
  expect(nearest(name, KNOWN)).toBeUndefined()
  expect(didYouMean(name, KNOWN)).toBe('')
})
