import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import { openHub } from '../testing/test-hub.ts'

let hub: Hub
let clock: ManualClock
let broken: string[]
beforeEach(() => {
  ;({ hub, clock } = openHub())
  for (const deviceId of ['d1', 'd2']) hub.registry.create({ deviceId })
  broken = []
  hub.deviceFaults.onBreak((identity, part) => broken.push(`${identity} ${part}`))
})

function order(type: string, delay?: string, duration?: string) {
  return hub.deviceFaults.orderIn({
    AzIoTHub_FaultOperationType: type,
    ...(delay === undefined ? {} : { AzIoTHub_FaultOperationDelayInSecs: delay }),
    ...(duration === undefined ? {} : { AzIoTHub_FaultOperationDurationInSecs: duration }),
  })
}
function begin(type: string, delay = '0', duration = '0', identity = 'd1'): void {
  const found = order(type, delay, duration)
  if (found === undefined) throw new Error(`${type} orders no fault`)
  hub.deviceFaults.begin(identity, found)
}

describe('a message orders a fault', () => {
  test('by its type, delay and duration', () => {
    expect(order('KillTcp', '2', '1.5')).toEqual({
      type: 'KillTcp',
      breaks: 'tcp',
      delayMs: 2_000,
      durationMs: 1_500,
    })
    expect(order('InvokeThrottling')).toEqual({
      type: 'InvokeThrottling',
      breaks: undefined,
      delayMs: 0,
      durationMs: 0,
    })
  })

  test.each(['soon', '-1', '', 'Infinity', 'NaN'])(
    '%j is not a number of seconds and counts as none',
    (text) => {
      expect(order('KillTcp', text, text)).toMatchObject({ delayMs: 0, durationMs: 0 })
    },
  )

  test.each(['Nonsense', 'killtcp', '', 'toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'and none by the type %j',
    (type) => {
      expect(order(type)).toBeUndefined()
    },
  )

  test('and none without a type, or with a type that has no value', () => {
    expect(hub.deviceFaults.orderIn({})).toBeUndefined()
    expect(hub.deviceFaults.orderIn({ AzIoTHub_FaultOperationType: null })).toBeUndefined()
  })
})

describe('a fault', () => {
  test('without a delay begins at once, with one on the hub’s clock', () => {
    begin('KillTcp')
    begin('KillAmqpC2DLink', '5')
    expect(broken).toEqual(['d1 tcp'])
    clock.advance(5_000)
    expect(broken).toEqual(['d1 tcp', 'd1 amqp-c2d'])
  })

  test('that breaks a connection breaks new ones of that transport for its duration', () => {
    const seen = (): unknown[] =>
      (['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws', 'https'] as const).map((transport) =>
        hub.deviceFaults.breaks('d1', transport),
      )
    begin('ShutDownMqtt', '0', '10')
    expect(seen()).toEqual(['mqtt', 'mqtt', undefined, undefined, undefined])
    begin('KillAmqpConnection', '0', '10')
    expect(seen()).toEqual([undefined, undefined, 'amqp', 'amqp', undefined])
    begin('KillTcp', '0', '10')
    expect(seen()).toEqual(['tcp', 'tcp', 'tcp', 'tcp', 'tcp'])
    clock.advance(10_000)
    expect([seen(), hub.deviceFaults.idle]).toEqual([Array(5).fill(undefined), true])
  })

  test('that breaks a session or a link breaks it once', () => {
    begin('KillAmqpSession', '0', '10')
    expect([broken, hub.deviceFaults.breaks('d1', 'amqp')]).toEqual([['d1 amqp-session'], undefined])
  })

  test('concerns the identity that ordered it', () => {
    begin('InvokeAuthError', '0', '10', 'd1/m1')
    expect(hub.deviceFaults.refusal('d1/m1')?.kind).toBe('IotHubUnauthorizedAccess')
    expect([hub.deviceFaults.refusal('d1'), hub.deviceFaults.refusal('d2')]).toEqual([undefined, undefined])
  })

  test.each(['InvokeThrottling', 'InvokeMaxMessageQuota', 'InvokeAuthError'])(
    'that refuses (%s) cuts a live MQTT link once, and no new one',
    (type) => {
      begin(type, '1', '10')
      expect(broken).toEqual([])
      clock.advance(1_000)
      expect([broken, hub.deviceFaults.breaks('d1', 'mqtt')]).toEqual([['d1 mqtt'], undefined])
    },
  )

  test('that was replaced by a longer one does not end it', () => {
    begin('InvokeThrottling', '0', '10')
    begin('InvokeAuthError', '0', '60')
    clock.advance(10_000)
    expect(hub.deviceFaults.refusal('d1')?.kind).toBe('IotHubUnauthorizedAccess')
  })

  test('is forgotten with its identity, whether it lasts or is still to begin', () => {
    begin('InvokeAuthError', '0', '60')
    begin('KillTcp', '60')
    broken = []
    hub.registry.remove({ deviceId: 'd1' }, '*')
    hub.registry.create({ deviceId: 'd1' })
    clock.advance(60_000)
    expect([hub.deviceFaults.refusal('d1'), broken]).toEqual([undefined, []])
  })
})
