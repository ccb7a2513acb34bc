import { describe, expect, test } from 'vitest'
import { deviceFileText } from '../cli/init.ts'
import { parseDeviceFile } from './read.ts'

const LEAST = 'device: { id: d1 }\nauth: { kind: sas }\n'

test('what is left out has its default', () => {
  expect(parseDeviceFile(LEAST)).toMatchObject({
    transport: 'mqtt',
    does: {},
    limits: { patienceSeconds: 120, maxPauseSeconds: 900, inFlight: 50, clock: true },
  })
})

test('durations are seconds, and a program that starts the device can be killed and started again', () => {
  const file = parseDeviceFile(
    `${LEAST}does: { telemetry: { every: 1.5m }, c2d: { text: x, within: 500ms } }\ntriggers: { start: { process: ./device } }\nlimits: { receive: 64KB }\n`,
  )
  expect(file.does.telemetry).toEqual({ everySeconds: 90 })
  expect(file.does.c2d?.withinSeconds).toBe(0.5)
  expect(file.triggers.powerCycle).toEqual({ process: './device' })
  expect(file.limits.receiveBytes).toBe(65_536)
})

describe('an error names the field, the rule and what was given', () => {
  test.each([
    ['device: {}\nauth: { kind: sas }', 'device.id must be given'],
    ['device: { id: d1 }', 'auth must be given'],
    ['device: { id: d1 }\nauth: { kind: tpm }', 'auth.kind must be one of sas, x509, got "tpm"'],
    [`${LEAST}does: { telemetry: { every: often } }`, 'does.telemetry.every must match pattern'],
    [`${LEAST}trigger: {}`, 'trigger must be left out'],
    [`${LEAST}triggers: { boot: { shell: x } }`, 'triggers.boot must be left out'],
    [`${LEAST}triggers: { start: { shel: x } }`, 'triggers.start.shel must be left out'],
    [`${LEAST}does: { telemetry: { sequence: n } }`, 'does.telemetry.sequence must match pattern'],
    ['device: [', 'is not YAML'],
  ])('%s', (text, message) => {
    expect(() => parseDeviceFile(text)).toThrow(message)
  })
})

test('what init writes is a device file', () => {
  const answers = new Map([
    ['id', 'd1'],
    ['auth', 'sas'],
    ['transport', 'mqtt'],
    ['every', '10'],
    ['desired', '{"interval":5}'],
  ])
  expect(parseDeviceFile(deviceFileText(answers)).does.twin?.desired?.set).toEqual({ interval: 5 })
  expect(() => deviceFileText(new Map([...answers, ['desired', '{']]))).toThrow('must be JSON')
})
