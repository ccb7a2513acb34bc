import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import { startEventMessages } from './event-messages.ts'
import type { Settings } from '../contract/settings.ts'
import { callerOf, messageOf, openHub, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const m = { deviceId: 'd', moduleId: 'm' }
const ALL = ['twinChangeEvents', 'deviceLifecycleEvents', 'deviceConnectionStateEvents'] as const
const time = (ms: number): string => `at ${String(ms)}`
let hub: Hub
let clock: ManualClock
let stop: () => void
const open = (eventSources: Settings['eventSources'] = ALL): void => {
  ;({ hub, clock } = openHub({ hostName: 'myhub.example.net', eventSources }))
  const twin = (record: { etag: string }, { version }: { version: number }): JsonObject => ({
    whole: version,
  })
  stop = startEventMessages(hub, { twin, time })
}
beforeEach(() => {
  open()
})
const bodies = (source: string): unknown[] =>
  hub.telemetry.messages
    .filter((message) => message.source === source)
    .map(({ body, properties }) => [properties['opType'], JSON.parse(body.toString()) as unknown])

describe('WIRE-EVT-01: changed twins', () => {
  test('names, schema, and the patch with the metadata of its keys', () => {
    hub.registry.create(d)
    hub.registry.create(m)
    hub.twins.patch(m, { desired: { a: { b: 1, gone: null }, c: 2 } }, '*')
    const first = clock.now()
    clock.advance(1_000)
    hub.twins.patch(m, { desired: { a: { b: 3 } }, tags: { t: null } }, '*')
    hub.twins.patchReported(m, { r: 1 })
    hub.twins.replace(m, { desired: {} }, '*')
    const message = hub.telemetry.messages.find(({ source }) => source === 'twinChangeEvents')
    expect(message).toMatchObject({
      deviceId: 'd',
      moduleId: 'm',
      system: { contentType: 'application/json', contentEncoding: 'utf-8', userId: 'myhub' },
      properties: {
        hubName: 'myhub',
        deviceId: 'd',
        moduleId: 'm',
        operationTimestamp: time(first),
        'iothub-message-schema': 'twinChangeNotification',
        opType: 'updateTwin',
      },
    })
    const stamp = { $lastUpdated: expect.any(String) as unknown, $lastUpdatedVersion: 3 }
    expect(bodies('twinChangeEvents').slice(1)).toEqual([
      [
        'updateTwin',
        {
          version: 4,
          tags: { t: null },
          properties: {
            desired: { a: { b: 3 }, $metadata: { ...stamp, a: { ...stamp, b: stamp } }, $version: 3 },
          },
        },
      ],
      [
        'updateTwin',
        {
          version: 5,
          properties: {
            reported: {
              r: 1,
              $metadata: {
                $lastUpdated: expect.any(String) as unknown,
                r: { $lastUpdated: expect.any(String) as unknown },
              },
              $version: 2,
            },
          },
        },
      ],
      ['replaceTwin', { whole: 6 }],
    ])
  })
})

describe('WIRE-EVT-02: lifecycle of identities', () => {
  test('devices and modules by the same names; the body is the twin', () => {
    hub.registry.create(d)
    hub.registry.create(m)
    hub.registry.update(d, { status: 'disabled' }, '*')
    const { etag, generationId } = hub.registry.get(m)
    hub.registry.remove(d, '*')
    const messages = hub.telemetry.messages.filter(({ source }) => source === 'deviceLifecycleEvents')
    expect(
      messages.map(({ properties: { opType, deviceId, moduleId } }) => [opType, deviceId, moduleId]),
    ).toEqual([
      ['createDeviceIdentity', 'd', undefined],
      ['createDeviceIdentity', 'd', 'm'],
      ['deleteDeviceIdentity', 'd', 'm'],
      ['deleteDeviceIdentity', 'd', undefined],
    ])
    for (const { properties } of messages)
      expect(properties['iothub-message-schema']).toBe('deviceLifecycleNotification')
    expect(bodies('deviceLifecycleEvents').slice(0, 3)).toEqual([
      ['createDeviceIdentity', { whole: 2 }],
      ['createDeviceIdentity', { whole: 2 }],
      ['deleteDeviceIdentity', { deviceId: 'd', moduleId: 'm', etag, generationId }],
    ])
  })
})

describe('WIRE-EVT-03: connections', () => {
  test('64 hex digits that only increase, over restarts too', () => {
    hub.registry.create(d)
    hub.registry.create(m)
    const link = new TestLink(hub, d)
    new TestLink(hub, m).session.ended()
    link.session.ended()
    stop()
    clock.advance(1)
    stop = startEventMessages(hub, { twin: () => ({}), time })
    new TestLink(hub, d)
    const seen = bodies('deviceConnectionStateEvents') as [string, { sequenceNumber: string }][]
    expect(seen.map(([opType]) => opType.slice('device'.length))).toEqual([
      'Connected',
      'Connected',
      'Disconnected',
      'Disconnected',
      'Connected',
    ])
    const numbers = seen.map(([, { sequenceNumber }]) => sequenceNumber)
    for (const number of numbers) expect(number).toMatch(/^[0-9A-F]{64}$/)
    expect([...new Set(numbers)].sort()).toEqual(numbers)
    const module = hub.telemetry.messages.find(({ moduleId }) => moduleId === 'm')
    expect(module?.properties).toMatchObject({ deviceId: 'd', moduleId: 'm' })
  })
})

test('only the sources that are set, and telemetry always', () => {
  open([])
  hub.registry.create(d)
  new TestLink(hub, d)
  hub.twins.patch(d, { desired: { a: 1 } }, '*')
  void hub.perform(callerOf(hub, d), 'telemetry', { message: messageOf() })
  expect(hub.telemetry.messages.map(({ source }) => source)).toEqual(['Telemetry'])
})

test('after stop there are no events', () => {
  stop()
  hub.registry.create(d)
  expect(hub.telemetry.messages).toEqual([])
})
