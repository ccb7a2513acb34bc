import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import { callerOf, messageOf, openHub, refusalOf, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const m = { deviceId: 'd', moduleId: 'm' }
let hub: Hub
let clock: ManualClock
beforeEach(() => {
  ;({ hub, clock } = openHub({ telemetryRetained: 3, maxTelemetryBytes: 100 }))
  hub.registry.create(d)
  hub.registry.create(m)
})
const send = (body = 'x', identity = d, properties: Record<string, string> = {}): void => {
  void hub.perform(callerOf(hub, identity), 'telemetry', { message: messageOf(body, properties) })
}

test('WIRE-D2C-13 WIRE-D2C-14: stamped with sender, key, time and model', () => {
  const link = new TestLink(hub, m, { credential: 'x509' }, 'dtmi:a;1')
  void hub.perform(link.caller, 'telemetry', { message: messageOf('x', { a: 'b' }, { messageId: '1' }) })
  expect(hub.telemetry.messages).toEqual([
    {
      body: Buffer.from('x'),
      properties: { a: 'b' },
      system: { messageId: '1' },
      sequenceNumber: 1,
      enqueuedAt: clock.now(),
      source: 'Telemetry',
      deviceId: 'd',
      moduleId: 'm',
      authMethod: '{"scope":"module","type":"x509","issuer":"iothub","acceptingIpFilterRule":null}',
      authGenerationId: hub.registry.get(m).generationId,
      modelId: 'dtmi:a;1',
    },
  ])
})

test('the newest are kept, in order, and listeners hear them all', () => {
  const heard: string[] = []
  const stop = hub.telemetry.subscribe(({ body }) => heard.push(body.toString()))
  for (const body of ['1', '2', '3', '4', '5']) send(body)
  stop()
  send('6')
  expect(heard).toEqual(['1', '2', '3', '4', '5'])
  expect(
    hub.telemetry.messages.map(({ body, sequenceNumber }) => `${body.toString()} ${String(sequenceNumber)}`),
  ).toEqual(['4 4', '5 5', '6 6'])
})

test('WIRE-SESS-23: body, names and values together count', () => {
  send('x'.repeat(94), d, { ab: 'cdef' })
  expect(refusalOf(() => send('x'.repeat(95), d, { ab: 'cdef' })).code).toBe(413001)
  expect(refusalOf(() => send('', d, { ä: '€'.repeat(33) })).code).toBe(413001)
  expect(hub.telemetry.messages).toHaveLength(1)
})

describe('faults', () => {
  test('telemetry.accept.status refuses, and stores nothing', () => {
    hub.faults.arm({ name: 'telemetry.accept.status', parameters: { status: 429 }, scope: { identity: 'd' } })
    send('x', m)
    expect(refusalOf(() => send()).code).toBe(429000)
    send()
    expect(hub.telemetry.messages).toHaveLength(2)
  })

  test('telemetry.accept.delay stores late', async () => {
    hub.faults.arm({ name: 'telemetry.accept.delay', parameters: { seconds: 3 } })
    const late = hub.perform(callerOf(hub, d), 'telemetry', { message: messageOf() })
    clock.advance(2_999)
    expect(hub.telemetry.messages).toEqual([])
    clock.advance(1)
    await late
    expect(hub.telemetry.messages).toHaveLength(1)
  })
})
