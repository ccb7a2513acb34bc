import { describe, expect, test } from 'vitest'
import type { JournalEntry } from 'mock-iot-hub'
import type { DriverReply, DriverRequest, JsonObject } from '../driver/client-driver.ts'
import { type AuditedCall, callProblems, type ClientFacts } from './client-calls.ts'
import { connectionProblems } from './client-connections.ts'

type Packet = readonly ['in' | 'out', string, Readonly<Record<string, unknown>>, string?]

const SESSION = 's'
const CONNECT: Packet = ['in', 'connect', { clientId: 'd', username: 'h/d/?v', keepalive: 60, clean: false }]
const CONNACK: Packet = ['out', 'connack', { returnCode: 0 }]
const EVENTS = 'devices/d/messages/events/'

function sent(topic: string, payload: string, more: object = {}): Packet {
  return [
    'in',
    'publish',
    { topic, payload: Buffer.from(payload), qos: 1, dup: false, messageId: 1, ...more },
  ]
}
function came(topic: string, payload: string): Packet {
  return ['out', 'publish', { topic, payload: Buffer.from(payload), qos: 1, dup: false, messageId: 1 }]
}

/** A call of the session during the whole scenario. */
function call(request: object, settled: DriverReply = { ok: null }, fromSeq = 0, toSeq = 1_000): AuditedCall {
  return { request: { session: SESSION, ...request } as unknown as DriverRequest, settled, fromSeq, toSeq }
}

function facts(
  packets: readonly Packet[],
  calls: readonly AuditedCall[] = [],
  events: readonly (readonly [string, JsonObject])[] = [],
): ClientFacts {
  const journal = packets.map(([direction, cmd, packet, linkId = 'l1'], index) => ({
    ...{ type: 'packet', linkId, direction, cmd, packet, seq: index + 1, at: 0 },
  })) as readonly JournalEntry[]
  return {
    ...{ journal, calls, clientIds: new Map([[SESSION, 'd']]) },
    events: events.map(([event, data], seq) => ({ event, session: SESSION, seq, data }) as never),
  }
}

const body = Buffer.from('x').toString('base64')
const send = call({ do: 'sendTelemetry', message: { body, properties: [['a', '%']], messageId: 'm' } })
const report = call({ do: 'patchReported', patch: { a: 1 } })
const REPORT = '$iothub/twin/PATCH/properties/reported/?$rid=1'
const METHOD = came('$iothub/methods/POST/dim/?$rid=1', '{"a":1}')
const again = (messageId: number, link: string): Packet => {
  const [direction, cmd, packet] = sent(EVENTS, String(messageId), { messageId, dup: true })
  return [direction, cmd, packet, link]
}
const ON_NEW: readonly Packet[] = [
  [CONNECT[0], CONNECT[1], CONNECT[2], 'l2'],
  ['out', 'connack', { returnCode: 0 }, 'l2'],
]
const TWO: readonly Packet[] = [
  CONNECT,
  CONNACK,
  sent(EVENTS, '1', { messageId: 1 }),
  sent(EVENTS, '2', { messageId: 2 }),
  ...ON_NEW,
]

const problems = (given: ClientFacts): readonly string[] => [
  ...callProblems(given),
  ...connectionProblems(given),
]

describe('nothing is wrong with', () => {
  test.each<[string, ClientFacts]>([
    ['a message', facts([CONNECT, CONNACK, sent(`${EVENTS}%24.mid=m&a=%25`, 'x')], [send])],
    [
      'a report',
      facts(
        [CONNECT, CONNACK, sent(REPORT, '{"a":1}'), came('$iothub/twin/res/204/?$rid=1&$version=2', '')],
        [report],
      ),
    ],
    [
      'a call',
      facts([CONNECT, CONNACK, METHOD], [], [['method', { requestId: '1', name: 'dim', payload: { a: 1 } }]]),
    ],
    ['what is sent again in order', facts([...TWO, again(1, 'l2'), again(2, 'l2')])],
    [
      'a farewell',
      facts([CONNECT, CONNACK, ['in', 'disconnect', {}]], [call({ do: 'disconnect' }, { ok: null }, 2)]),
    ],
  ])('%s', (_what, given) => {
    expect(problems(given)).toEqual([])
  })
})

describe('it is seen that', () => {
  test.each<[string, ClientFacts]>([
    ['no message was sent', facts([CONNECT, CONNACK], [send])],
    ['a property is another', facts([CONNECT, CONNACK, sent(`${EVENTS}%24.mid=m&a=%2525`, 'x')], [send])],
    ['an id is missing', facts([CONNECT, CONNACK, sent(`${EVENTS}a=%25`, 'x')], [send])],
    ['a property is too much', facts([CONNECT, CONNACK, sent(`${EVENTS}%24.mid=m&a=%25&b=1`, 'x')], [send])],
    ['the QoS is 0', facts([CONNECT, CONNACK, sent(`${EVENTS}%24.mid=m&a=%25`, 'x', { qos: 0 })], [send])],
    ['a report was not accepted', facts([CONNECT, CONNACK, sent(REPORT, '{"a":1}')], [report])],
    ['a report is another', facts([CONNECT, CONNACK, sent(REPORT, '{"a":2}')], [report])],
    [
      'a twin is another',
      facts(
        [CONNECT, CONNACK, came('$iothub/twin/res/200/?$rid=1', '{"desired":{}}')],
        [call({ do: 'getTwin' }, { ok: {} })],
      ),
    ],
    [
      'a response is another',
      facts(
        [CONNECT, CONNACK, sent('$iothub/methods/res/200/?$rid=1', '1')],
        [call({ do: 'respondMethod', status: 200, payload: 2 })],
      ),
    ],
    [
      'two responses',
      facts([
        CONNECT,
        CONNACK,
        sent('$iothub/methods/res/200/?$rid=1', '1'),
        sent('$iothub/methods/res/200/?$rid=1', '1'),
      ]),
    ],
    [
      'a call is told of twice',
      facts(
        [CONNECT, CONNACK, METHOD],
        [],
        [
          ['method', { requestId: '1', name: 'dim', payload: { a: 1 } }],
          ['method', { requestId: '1', name: 'dim', payload: { a: 1 } }],
        ],
      ),
    ],
    [
      'a call has another name',
      facts([CONNECT, CONNACK, METHOD], [], [['method', { requestId: '1', name: 'dam', payload: { a: 1 } }]]),
    ],
    ['a message that nobody sent', facts([CONNECT, CONNACK], [], [['message', { text: 'a' }]])],
    [
      'wishes change places',
      facts(
        [CONNECT, CONNACK],
        [],
        [
          ['desired', { patch: { $version: 3 } }],
          ['desired', { patch: { $version: 2 } }],
        ],
      ),
    ],
    ['again before it was sent', facts([CONNECT, CONNACK, again(1, 'l1')])],
    ['again in another order', facts([...TWO, again(2, 'l2'), again(1, 'l2')])],
    [
      'again after what is new',
      facts([
        ...TWO,
        [...sent(EVENTS, '3', { messageId: 3 }).slice(0, 3), 'l2'] as unknown as Packet,
        again(1, 'l2'),
      ]),
    ],
    [
      'it connects by itself',
      facts(
        [CONNECT, CONNACK, ['in', 'disconnect', {}], ...ON_NEW],
        [call({ do: 'disconnect' }, { ok: null }, 2, 3)],
      ),
    ],
    ['no farewell', facts([CONNECT, CONNACK], [call({ do: 'shutdown' }, { ok: null }, 2)])],
    ['a packet after DISCONNECT', facts([CONNECT, CONNACK, ['in', 'disconnect', {}], ['in', 'pingreq', {}]])],
    [
      'another CONNECT',
      facts([
        CONNECT,
        CONNACK,
        ['in', 'connect', { ...CONNECT[2], keepalive: 30 }, 'l2'],
        ['out', 'connack', { returnCode: 0 }, 'l2'],
      ]),
    ],
    [
      'told twice of one state',
      facts(
        [CONNECT, CONNACK],
        [],
        [
          ['connectionState', { connected: true }],
          ['connectionState', { connected: true }],
        ],
      ),
    ],
  ])('%s', (_what, given) => {
    expect(problems(given)).toHaveLength(1)
  })
})
