import { describe, expect, test } from 'vitest'
import { type Fields, packetProblems, type Wired } from './packets.ts'

const sent = (packet: Fields): Wired => ({ from: 'device', packet })
const came = (packet: Fields): Wired => ({ from: 'hub', packet })
const C2D = 'devices/d/messages/devicebound/#'
const TWIN = '$iothub/twin/res/#'

/** A connection that listens to these filters. */
function listening(...filters: readonly string[]): readonly Wired[] {
  const subscriptions = filters.map((topic) => ({ topic, qos: 1 }))
  return [
    sent({ cmd: 'connect', clientId: 'd', username: 'h/d/?api-version=2021-04-12', clean: true }),
    came({ cmd: 'connack', returnCode: 0, sessionPresent: false }),
    sent({ cmd: 'subscribe', messageId: 1, subscriptions }),
    came({ cmd: 'suback', messageId: 1, granted: filters.map(() => 1) }),
  ]
}

const delivered = (messageId: number, text: string, more: Partial<Fields> = {}): Wired =>
  came({
    cmd: 'publish',
    topic: 'devices/d/messages/devicebound/',
    payload: text,
    qos: 1,
    messageId,
    ...more,
  })
const asked = (kind: 'GET' | 'PATCH'): Wired =>
  sent({
    cmd: 'publish',
    topic: kind === 'GET' ? '$iothub/twin/GET/?$rid=7' : '$iothub/twin/PATCH/properties/reported/?$rid=7',
    qos: 0,
  })
const answered = (topic: string, payload = ''): Wired => came({ cmd: 'publish', topic, payload, qos: 0 })
const PATCH = '$iothub/twin/PATCH/properties/desired/'

describe('nothing is wrong with', () => {
  test.each<[string, readonly Wired[]]>([
    [
      'a delivery',
      [...listening(C2D), delivered(1, 'a'), sent({ cmd: 'puback', messageId: 1 }), delivered(1, 'b')],
    ],
    ['a delivery that comes again with its id', [...listening(C2D), delivered(1, 'a'), delivered(1, 'a')]],
    [
      'a twin',
      [
        ...listening(TWIN),
        asked('GET'),
        answered('$iothub/twin/res/200/?$rid=7', '{"desired":{"$version":1},"reported":{"$version":1}}'),
      ],
    ],
    ['a patch', [...listening(TWIN), asked('PATCH'), answered('$iothub/twin/res/204/?$rid=7&$version=2')]],
    ['a refusal', [sent({ cmd: 'connect' }), came({ cmd: 'connack', returnCode: 5, sessionPresent: false })]],
  ])('%s', (_what, log) => {
    expect(packetProblems(log, new Set())).toEqual([])
  })
})

describe('it is seen that', () => {
  test.each<[string, readonly Wired[]]>([
    ['something comes before CONNACK', [sent({ cmd: 'connect' }), came({ cmd: 'pingresp' })]],
    [
      'a clean session is present',
      [sent({ cmd: 'connect', clean: true }), came({ cmd: 'connack', returnCode: 0, sessionPresent: true })],
    ],
    ['a second CONNACK', [...listening(C2D), came({ cmd: 'connack', returnCode: 0 })]],
    ['an acknowledgement is nobody’s', [...listening(C2D), came({ cmd: 'puback', messageId: 9 })]],
    [
      'acknowledgements change places',
      [
        ...listening(C2D),
        sent({ cmd: 'publish', topic: 'devices/d/messages/events/', qos: 1, messageId: 2 }),
        sent({ cmd: 'publish', topic: 'devices/d/messages/events/', qos: 1, messageId: 3 }),
        came({ cmd: 'puback', messageId: 3 }),
      ],
    ],
    ['a pong has no ping', [...listening(C2D), came({ cmd: 'pingresp' })]],
    ['a packet id is in flight', [...listening(C2D), delivered(1, 'a'), delivered(1, 'b')]],
    ['a message is retained', [...listening(C2D), delivered(1, 'a', { retain: true })]],
    ['nobody has subscribed', [...listening(TWIN), delivered(1, 'a')]],
    [
      'a message is above the granted QoS',
      [
        ...listening(),
        sent({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: C2D, qos: 0 }] }),
        came({ cmd: 'suback', messageId: 2, granted: [0] }),
        delivered(1, 'a'),
      ],
    ],
    [
      'SUBACK grants something else',
      [
        ...listening(),
        sent({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: C2D, qos: 1 }] }),
        came({ cmd: 'suback', messageId: 2, granted: [0] }),
      ],
    ],
    ['an answer has no request', [...listening(TWIN), answered('$iothub/twin/res/204/?$rid=7&$version=2')]],
    [
      'an answer comes twice',
      [
        ...listening(TWIN),
        asked('PATCH'),
        answered('$iothub/twin/res/204/?$rid=7&$version=2'),
        answered('$iothub/twin/res/204/?$rid=7&$version=2'),
      ],
    ],
    [
      'a patch is answered without a version',
      [...listening(TWIN), asked('PATCH'), answered('$iothub/twin/res/204/?$rid=7')],
    ],
    [
      'a twin has metadata',
      [
        ...listening(TWIN),
        asked('GET'),
        answered(
          '$iothub/twin/res/200/?$rid=7',
          '{"desired":{"$version":1,"$metadata":{}},"reported":{"$version":1}}',
        ),
      ],
    ],
    [
      'a refusal has another status in its body',
      [...listening(TWIN), asked('PATCH'), answered('$iothub/twin/res/400/?$rid=7', '{"errorCode":403100}')],
    ],
    [
      'topic and body have two versions',
      [...listening(`${PATCH}#`), answered(`${PATCH}?$version=2`, '{"$version":3}')],
    ],
    [
      'a version goes back',
      [
        ...listening(`${PATCH}#`),
        answered(`${PATCH}?$version=3`, '{"$version":3}'),
        answered(`${PATCH}?$version=2`, '{"$version":2}'),
      ],
    ],
    [
      'a call comes twice',
      [
        ...listening('$iothub/methods/POST/#'),
        answered('$iothub/methods/POST/a/?$rid=1', '{}'),
        answered('$iothub/methods/POST/a/?$rid=1', '{}'),
      ],
    ],
  ])('%s', (_what, log) => {
    expect(packetProblems(log, new Set())).toHaveLength(1)
  })
})
