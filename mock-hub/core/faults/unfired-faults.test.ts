import { expect, test } from 'vitest'
import { openHub } from '../testing/test-hub.ts'
import { UnfiredFaults } from '../contract/faults.ts'

const errorOf = (act: () => void): UnfiredFaults => {
  try {
    act()
  } catch (error) {
    if (error instanceof UnfiredFaults) return error
    throw error
  }
  throw new Error('every fault has fired')
}

test('assertAllFired lists the faults that fired less often than they were armed for', () => {
  const { faults } = openHub().hub
  faults.arm({ name: 'mqtt.puback.withhold', scope: { identity: 'thermostat/m1' } })
  faults.arm({ name: 'tcp.reset', count: 3 })
  faults.arm({ name: 'http.status', count: 'always' })
  faults.arm({ name: 'http.close' })
  faults.match('tcp', 'd1')
  faults.match('http', 'd1', ['close'])

  const { message, faults: unfired } = errorOf(() => {
    faults.assertAllFired()
  })
  expect(message).toBe(
    [
      '3 of 4 armed faults did not fire as often as they were armed for:',
      '',
      '  fault                 scope          fired  expected',
      '  mqtt.puback.withhold  thermostat/m1  0      1',
      '  tcp.reset             everyone       1      3',
      '  http.status           everyone       0      at least 1',
    ].join('\n'),
  )
  expect(unfired.map(({ name }) => name)).toEqual(['mqtt.puback.withhold', 'tcp.reset', 'http.status'])
})

test('assertAllFired passes when nothing is armed and when all have fired', () => {
  const { faults } = openHub().hub
  faults.assertAllFired()
  faults.arm({ name: 'http.close', count: 2 })
  faults.arm({ name: 'http.status', count: 'always' })
  for (let n = 0; n < 3; n++) faults.match('http', 'd1')
  faults.assertAllFired()
})

test('a fault whose time is over without having fired is listed, a disarmed one is not', () => {
  const { hub, clock } = openHub()
  hub.faults.arm({ name: 'http.close', durationSeconds: 1 })
  clock.advance('1s')
  expect(errorOf(() => hub.faults.assertAllFired()).faults).toHaveLength(1)
  hub.faults.disarm()
  hub.faults.assertAllFired()
})
