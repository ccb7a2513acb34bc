import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { InvalidInput } from '../../base/invalid-input.ts'
import type { ManualClock } from '../../base/clock.ts'
import type { ArmedFault, FaultDefinition } from '../contract/faults.ts'
import type { Hub } from '../contract/hub.ts'
import { FAULT_TYPES } from './fault-catalogue.ts'
import { openHub } from '../testing/test-hub.ts'

let hub: Hub
let clock: ManualClock
beforeEach(() => {
  ;({ hub, clock } = openHub())
})
const PUBACK = 'mqtt.puback'
const fire = (identity = 'd', effects?: readonly string[]): string | undefined =>
  hub.faults.match(PUBACK, identity, effects)?.fault.id

describe('every fault type', () => {
  test.each(FAULT_TYPES)(
    '$name: its example can be armed, explains itself and fires once',
    ({ name, example, description }) => {
      if (name === 'clock.advance') return
      const armed = hub.faults.arm(example)
      expect(armed).toMatchObject({ name, count: 1, fired: 0, spent: false, trigger: { skip: 0 } })
      expect(armed.explain).toContain(description)
      const [point, effect] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)]
      const identity = example.scope?.identity
      expect(hub.faults.match(point, identity)).toMatchObject({ effect, fault: { fired: 1, spent: true } })
      expect(hub.faults.match(point, identity)).toBeUndefined()
      expect(hub.faults.idle).toBe(true)
    },
  )

  test('clock.advance moves the clock as soon as it is armed', () => {
    const before = clock.now()
    hub.faults.arm({ name: 'clock.advance', parameters: { seconds: 3_600 } })
    expect(clock.now()).toBe(before + 3_600_000)
    expect(hub.faults.idle).toBe(true)
  })
})

describe('when a fault fires', () => {
  test('it skips, fires as often as its count, and is spent', () => {
    const { id } = hub.faults.arm({ name: `${PUBACK}.withhold`, trigger: { skip: 2 }, count: 2 })
    expect(Array.from({ length: 6 }, () => fire())).toEqual([
      undefined,
      undefined,
      id,
      id,
      undefined,
      undefined,
    ])
    expect(hub.faults.list()).toMatchObject([{ id, fired: 2, spent: true }])
  })

  test('only for the identity of its scope, and only for the effects that are asked for', () => {
    const { id } = hub.faults.arm({ name: `${PUBACK}.delay`, scope: { identity: 'd/m' }, count: 'always' })
    expect(['d', 'd/m', 'd/n', 'D/m'].map((identity) => fire(identity))).toEqual([
      undefined,
      id,
      undefined,
      undefined,
    ])
    expect([fire('d/m', ['withhold']), fire('d/m', ['delay', 'withhold'])]).toEqual([undefined, id])
    expect(hub.faults.match('mqtt.suback', 'd/m')).toBeUndefined()
  })

  test('of two faults the older one fires first', () => {
    const [a, b] = [0, 1].map(() => hub.faults.arm({ name: `${PUBACK}.withhold` }).id)
    expect([fire(), fire(), fire()]).toEqual([a, b, undefined])
  })

  test('until its duration is over', () => {
    hub.faults.arm({ name: `${PUBACK}.withhold`, count: 'always', durationSeconds: 10 })
    clock.advance(9_999)
    expect(fire()).toBeDefined()
    clock.advance(1)
    expect([fire(), hub.faults.idle]).toEqual([undefined, true])
  })

  test('until it is disarmed, alone or with all; listeners and the journal are told', () => {
    const heard: string[] = []
    const stop = hub.faults.onChange(({ id }: ArmedFault, phase) => heard.push(`${id} ${phase}`))
    const [a, b] = [0, 1].map(() => hub.faults.arm({ name: `${PUBACK}.withhold`, count: 'always' }).id)
    hub.faults.disarm(a)
    expect(fire()).toBe(b)
    hub.faults.disarm('nothing')
    hub.faults.disarm()
    expect([fire(), hub.faults.list(), hub.faults.idle]).toEqual([undefined, [], true])
    stop()
    hub.faults.arm({ name: `${PUBACK}.withhold` })
    expect(heard).toEqual([`${a!} armed`, `${b!} armed`, `${a!} disarmed`, `${b!} disarmed`])
    const phases = hub.journal.entries.flatMap((entry) => (entry.type === 'fault' ? [entry.phase] : []))
    expect(phases).toEqual(['armed', 'armed', 'disarmed', 'fired', 'disarmed', 'armed'])
  })
})

describe('the end of a fault that has fired', () => {
  const stall = (more: Partial<FaultDefinition> = {}): (() => number) => {
    hub.faults.arm({ name: 'tcp.stall', ...more })
    let ends = 0
    hub.faults.match('tcp', 'd')?.onEnd(() => ends++)
    return () => ends
  }

  test('is reported when its duration is over, counted from the arming', () => {
    const ends = stall({ durationSeconds: 10 })
    expect(hub.faults.list()).toMatchObject([{ spent: true }])
    clock.advance(9_999)
    expect(ends()).toBe(0)
    clock.advance(1)
    expect(ends()).toBe(1)
    hub.faults.disarm()
    expect(ends()).toBe(1)
  })

  test('is reported when it is disarmed, by its id or with all', () => {
    const first = stall()
    const second = stall()
    hub.faults.disarm(hub.faults.list()[0]?.id)
    expect([first(), second()]).toEqual([1, 0])
    hub.faults.disarm()
    expect([first(), second()]).toEqual([1, 1])
  })

  test('is not reported to a listener that has stopped', () => {
    hub.faults.arm({ name: 'tcp.stall' })
    let ends = 0
    hub.faults.match('tcp', 'd')?.onEnd(() => ends++)()
    hub.faults.disarm()
    expect(ends).toBe(0)
  })
})

describe('invalid definitions name the field, the rule and what was given', () => {
  test.each<[object, string]>([
    [{}, 'name'],
    [{ name: 'mqtt.puback' }, 'name'],
    [{ name: 'mqtt.puback.nothing' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: `${PUBACK}.delay`, extra: 1 }, 'extra'],
    [{ name: `${PUBACK}.delay`, scope: 'd' }, 'scope'],
    [{ name: `${PUBACK}.delay`, scope: { device: 'd' } }, 'scope.device'],
    [{ name: `${PUBACK}.delay`, scope: { identity: 'a b' } }, 'scope.identity'],
    [{ name: `${PUBACK}.delay`, scope: { identity: 'd/' } }, 'scope.identity'],
    [{ name: 'tcp.refuse', scope: { identity: 'd' } }, 'scope.identity'],
    [{ name: `${PUBACK}.delay`, trigger: { skip: -1 } }, 'trigger.skip'],
    [{ name: `${PUBACK}.delay`, count: 0 }, 'count'],
    [{ name: `${PUBACK}.delay`, count: 1.5 }, 'count'],
    [{ name: `${PUBACK}.delay`, count: 'ever' }, 'count'],
    [{ name: `${PUBACK}.delay`, durationSeconds: 0 }, 'durationSeconds'],
    [{ name: `${PUBACK}.delay`, durationSeconds: Infinity }, 'durationSeconds'],
    [{ name: `${PUBACK}.delay`, parameters: { seconds: -1 } }, 'parameters.seconds'],
    [{ name: `${PUBACK}.delay`, parameters: { seconds: Infinity } }, 'parameters.seconds'],
    [{ name: `${PUBACK}.delay`, parameters: { seconds: '1' } }, 'parameters.seconds'],
    [{ name: `${PUBACK}.delay`, parameters: { minutes: 1 } }, 'parameters.minutes'],
    [{ name: 'clock.advance' }, 'parameters.seconds'],
    [{ name: 'tcp.stall', parameters: { direction: 'up' } }, 'parameters.direction'],
    [{ name: 'http.status', parameters: { status: 99 } }, 'parameters.status'],
  ])('%j: %s', (definition, field) => {
    // What a program in another language may send.
    const arm = () => hub.faults.arm(definition as FaultDefinition)
    expect(arm).toThrow(InvalidInput)
    expect(arm).toThrow(expect.objectContaining({ field }))
    expect(arm).toThrow(/^fault: expected .*; given: /)
    expect([hub.faults.idle, hub.faults.list()]).toEqual([true, []])
  })

  test('any JSON is armed or refused with InvalidInput', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FAULT_TYPES),
        fc.jsonValue(),
        fc.jsonValue(),
        ({ name }, scope, parameters) => {
          try {
            openHub().hub.faults.arm({ name, scope, parameters } as FaultDefinition)
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInput)
          }
        },
      ),
    )
  })
})
