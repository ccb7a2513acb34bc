import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedPacket } from './frames.ts'
import {
  formatC2d,
  formatDesired,
  formatInput,
  formatMethodRequest,
  formatTwinResponse,
  isTelemetryOf,
  isTopicName,
  parsePublishTopic,
  telemetryRoot,
} from './topics.ts'

const device = { deviceId: 'd1' }
const module = { deviceId: 'd1', moduleId: 'm1' }

describe('publish topics', () => {
  test.each([
    ['WIRE-D2C-01', 'devices/d1/messages/events/', { type: 'telemetry', identity: device, bag: '' }],
    ['WIRE-D2C-02', 'devices/d1/messages/events', { type: 'telemetry', identity: device, bag: '' }],
    [
      'WIRE-D2C-03',
      'devices/d1/messages/events/a=b&c=d',
      { type: 'telemetry', identity: device, bag: 'a=b&c=d' },
    ],
    [
      'WIRE-MOD-01',
      'devices/d1/modules/m1/messages/events/',
      { type: 'telemetry', identity: module, bag: '' },
    ],
    [
      'WIRE-D2C-06',
      'devices/d1/modules/m1/messages/events/a=b/',
      { type: 'telemetry', identity: module, bag: 'a=b/' },
    ],
    [
      'WIRE-CONN-17',
      'devices/a.b:c@d/messages/events/',
      { type: 'telemetry', identity: { deviceId: 'a.b:c@d' }, bag: '' },
    ],
    ['WIRE-TWIN-03', '$iothub/twin/GET/?$rid=7', { type: 'twinGet', requestId: '7' }],
    ['WIRE-TWIN-05', '$iothub/twin/GET/?$rid=4d-%20x', { type: 'twinGet', requestId: '4d-%20x' }],
    [
      'WIRE-TWIN-08',
      '$iothub/twin/PATCH/properties/reported/?$rid=7',
      { type: 'twinPatch', requestId: '7', baseVersion: undefined },
    ],
    [
      'WIRE-TWIN-11',
      '$iothub/twin/PATCH/properties/reported/?$rid=7&$version=3',
      { type: 'twinPatch', requestId: '7', baseVersion: '3' },
    ],
    [
      'WIRE-METH-05',
      '$iothub/methods/res/200/?$rid=1a',
      { type: 'methodResponse', requestId: '1a', status: 200 },
    ],
    [
      'WIRE-METH-06',
      '$iothub/methods/res/-5/?$rid=1a',
      { type: 'methodResponse', requestId: '1a', status: -5 },
    ],
  ])('%s: %s', (_id, topic, meaning) => {
    expect(parsePublishTopic(topic)).toEqual(meaning)
  })

  test.each([
    '',
    'a/b',
    'devices/d1',
    'devices/d1/messages/eventsX',
    'devices//messages/events/',
    'devices/d1/modules//messages/events/',
    'devices/d1/messages/devicebound/',
    '$iothub/twin/GET/',
    '$iothub/twin/GET/?$rid=',
    '$iothub/twin/res/200/?$rid=1',
    '$iothub/twin/PATCH/properties/desired/?$rid=1',
    '$iothub/methods/POST/x/?$rid=1',
    '$iothub/methods/res/ok/?$rid=1',
    '$SYS/x',
  ])('WIRE-D2C-16: %s is not a topic of a device', (topic) => {
    expect(parsePublishTopic(topic)).toBeUndefined()
  })

  test('the parser throws for no text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parsePublishTopic(text)))
    fc.assert(
      fc.property(
        fc.string(),
        (tail) => void parsePublishTopic(`$iothub/twin/PATCH/properties/reported/${tail}`),
      ),
    )
  })
})

test('WIRE-SESS-24: a topic of a PUBLISH has no wildcards and no U+0000', () => {
  for (const topic of ['a#', 'a/+/b', 'a\u0000']) expect(isTopicName(topic)).toBe(false)
  expect(isTopicName('devices/d1/messages/events/a=%2B')).toBe(true)
})

test('WIRE-SESS-19: the telemetry topic of an identity', () => {
  const own = (topic: string): boolean => isTelemetryOf(topic, device)
  expect(['devices/d1/messages/events', 'devices/d1/messages/events/a=b'].map(own)).toEqual([true, true])
  for (const topic of ['devices/d1/messages/eventsX', 'devices/d2/messages/events/', 'tele/d1/LWT', ''])
    expect(own(topic)).toBe(false)
})

describe('what the hub publishes', () => {
  test('WIRE-C2D-03: the slash is there even for an empty bag', () => {
    expect(formatC2d(device, '')).toBe('devices/d1/messages/devicebound/')
    expect(formatC2d(module, 'a=b')).toBe('devices/d1/modules/m1/messages/devicebound/a=b')
  })
  test('WIRE-MOD-03: inputs', () => {
    expect(formatInput(module, 'in', '')).toBe('devices/d1/modules/m1/inputs/in/')
  })
  test('WIRE-TWIN-09: $rid before $version', () => {
    expect(formatTwinResponse(204, 'r', 5)).toBe('$iothub/twin/res/204/?$rid=r&$version=5')
    expect(formatTwinResponse(200, 'r')).toBe('$iothub/twin/res/200/?$rid=r')
  })
  test('WIRE-TWIN-18 and WIRE-METH-03', () => {
    expect(formatDesired(4)).toBe('$iothub/twin/PATCH/properties/desired/?$version=4')
    expect(formatMethodRequest('c*x', 'ab')).toBe('$iothub/methods/POST/c*x/?$rid=ab')
    expect(telemetryRoot(module)).toBe('devices/d1/modules/m1/messages/events')
  })
})

test.each(['$iothub/twin/GET/?$rid=', '$iothub/twin/PATCH/properties/reported/?$rid='])(
  'a request id that would make the topic of its answer too long is malformed: %s',
  (root) => {
    const longest = 'x'.repeat(65_000)
    expect(parsePublishTopic(root + longest)).toMatchObject({ requestId: longest })
    expect(Buffer.byteLength(formatTwinResponse(200, longest, Number.MAX_SAFE_INTEGER))).toBeLessThan(65_536)
    expect(() => parsePublishTopic(`${root}x${longest}`)).toThrow(MalformedPacket)
  },
)
