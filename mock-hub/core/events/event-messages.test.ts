import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import { startEventMessages } from './event-messages.ts'
import { EVENT_SOURCES } from '../contract/message.ts'
import type { Settings } from '../contract/settings.ts'
import { callerOf, messageOf, openHub, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const m = { deviceId: 'd', moduleId: 'm' }
const time = (ms: number): string => `at ${String(ms)}`
let hub: Hub
let clock: ManualClock
let stop: () => void
const open = (settings: Partial<Settings> = {}): void => {
  ;({ hub, clock } = openHub({ hostName: 'myhub.example.net', eventSources: EVENT_SOURCES, ...settings }))
  stop = startEventMessages(hub, time)
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
    const stamped = (version: number) => ({
      $lastUpdated: expect.any(String) as unknown,
      $lastUpdatedVersion: version,
    })
    const stamp = stamped(3)
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
      [
        'replaceTwin',
        {
          deviceId: 'd',
          moduleId: 'm',
          etag: hub.twins.get(m).etag,
          version: 6,
          properties: {
            desired: { $metadata: stamped(4), $version: 4 },
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
    ])
  })
})

describe('WIRE-EVT-02: lifecycle of identities', () => {
  test('devices and modules by the same names; the body is the twin, without what the registry says', () => {
    hub.registry.create(d)
    hub.registry.create(m)
    hub.registry.update(d, { status: 'disabled' }, '*')
    hub.twins.patch(m, { tags: { t: 1 } }, '*')
    const { etag } = hub.twins.get(m)
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
    const unset = { $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 }
    const properties = { desired: unset, reported: unset }
    expect(bodies('deviceLifecycleEvents').slice(1, 3)).toEqual([
      [
        'createDeviceIdentity',
        { deviceId: 'd', moduleId: 'm', etag: 'AAAAAAAAAAE=', version: 2, properties },
      ],
      [
        'deleteDeviceIdentity',
        { deviceId: 'd', moduleId: 'm', etag, version: 3, tags: { t: 1 }, properties },
      ],
    ])
  })
})

describe('WIRE-EVT-03: connections', () => {
  test('64 hex digits that only increase, over restarts too', () => {
    open({ connectionEventSeconds: 0 })
    hub.registry.create(d)
    hub.registry.create(m)
    const link = new TestLink(hub, d)
    new TestLink(hub, m).session.ended()
    link.session.ended()
    stop()
    clock.advance(1)
    stop = startEventMessages(hub, time)
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

describe('WIRE-EVT-04: connections are looked at every minute', () => {
  const seen = (): unknown[] =>
    hub.telemetry.messages
      .filter(({ source }) => source === 'deviceConnectionStateEvents')
      .map(({ properties }) => [properties['opType'], properties['operationTimestamp']])

  test('what flaps between two looks is not told; the time is that of the connection', () => {
    hub.registry.create(d)
    const start = clock.now()
    clock.advance(10_000)
    new TestLink(hub, d).session.ended()
    const link = new TestLink(hub, d)
    expect(seen()).toEqual([])
    clock.advance(50_000)
    expect(seen()).toEqual([['deviceConnected', time(start + 10_000)]])
    link.session.ended()
    const again = new TestLink(hub, d)
    clock.advance(60_000)
    expect(seen()).toHaveLength(1)
    again.session.ended()
    clock.advance(60_000)
    expect(seen().slice(1)).toEqual([['deviceDisconnected', time(start + 120_000)]])
  })

  test('a reset forgets whose connections were told, and looks go on', () => {
    hub.registry.create(d)
    new TestLink(hub, d)
    clock.advance(60_000)
    expect(seen()).toHaveLength(1)
    hub.reset()
    clock.advance(60_000)
    expect(seen()).toEqual([])
    hub.registry.create(d)
    new TestLink(hub, d)
    clock.advance(60_000)
    expect(seen().map((row) => (row as string[])[0])).toEqual(['deviceConnected'])
  })

  test('a deleted device has disconnected', () => {
    hub.registry.create(d)
    new TestLink(hub, d)
    clock.advance(60_000)
    hub.registry.remove(d, '*')
    clock.advance(60_000)
    expect(seen().map((row) => (row as string[])[0])).toEqual(['deviceConnected', 'deviceDisconnected'])
  })
})

describe('WIRE-EVT-05: what all events carry', () => {
  test('an id of its own, the name of the hub, and nothing about a sender', () => {
    open({ connectionEventSeconds: 0 })
    hub.registry.create(d)
    new TestLink(hub, d, {}, 'dtmi:com:example:Thermostat;1')
    hub.twins.patchReported(d, { r: 1 })
    const { messages } = hub.telemetry
    expect(messages.map(({ source }) => source).sort()).toEqual([...EVENT_SOURCES].sort())
    expect(new Set(messages.map(({ system }) => system.correlationId)).size).toBe(messages.length)
    for (const { system, authMethod, authGenerationId } of messages) {
      expect(system).toMatchObject({ contentEncoding: 'utf-8', userId: 'myhub' })
      expect(system.correlationId).toMatch(/^[0-9a-f]{10,}$/)
      expect([authMethod, authGenerationId]).toEqual([undefined, undefined])
    }
  })
})

describe('WIRE-EVT-06: digital twins', () => {
  const steps = (): unknown[] => bodies('digitalTwinChangeEvents').map((row) => (row as unknown[])[1])

  test('a JSON patch of the digital twin, for devices that name a model', () => {
    hub.registry.create(d)
    hub.twins.patchReported(d, { before: 1 })
    expect(steps()).toEqual([])
    new TestLink(hub, d, {}, 'dtmi:com:example:Thermostat;1')
    hub.twins.patchReported(d, { max: 42 })
    hub.twins.patchReported(d, { max: 43 })
    hub.twins.patchReported(d, { thermostat1: { __t: 'c', max: 27 } })
    hub.twins.patchReported(d, { max: null })
    hub.twins.patch(d, { tags: { t: 1 } }, '*')
    const lastUpdateTime = expect.any(String) as unknown
    expect(steps()).toEqual([
      [
        { op: 'add', path: '/$metadata/max', value: { lastUpdateTime } },
        { op: 'add', path: '/max', value: 42 },
      ],
      [{ op: 'replace', path: '/max', value: 43 }],
      [
        {
          op: 'add',
          path: '/thermostat1',
          value: { $metadata: { max: { lastUpdateTime } }, max: 27 },
        },
      ],
      [
        { op: 'remove', path: '/$metadata/max' },
        { op: 'remove', path: '/max' },
      ],
    ])
    const message = hub.telemetry.messages.find(({ source }) => source === 'digitalTwinChangeEvents')
    expect(message).toMatchObject({
      system: { contentType: 'application/json-patch+json' },
      properties: { 'iothub-message-schema': 'digitalTwinChangeNotification', opType: 'updateTwin' },
    })
  })
})

test('only the sources that are set, and telemetry always', () => {
  open({ eventSources: [] })
  hub.registry.create(d)
  new TestLink(hub, d)
  hub.twins.patch(d, { desired: { a: 1 } }, '*')
  void hub.perform(callerOf(hub, d), 'telemetry', { message: messageOf() })
  expect(hub.telemetry.messages.map(({ source }) => source)).toEqual(['Telemetry'])
})

test('each source by itself', () => {
  open({ eventSources: ['twinChangeEvents'], connectionEventSeconds: 0 })
  hub.registry.create(d)
  new TestLink(hub, d)
  hub.twins.patch(d, { desired: { a: 1 } }, '*')
  expect(hub.telemetry.messages.map(({ source }) => source)).toEqual(['twinChangeEvents'])
})

test('after stop there are no events', () => {
  stop()
  hub.registry.create(d)
  expect(hub.telemetry.messages).toEqual([])
})
