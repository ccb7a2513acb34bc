import { describe, expect, test } from 'vitest'
import type { JournalEntry } from 'mock-iot-hub'
import { brokenInvariants, type InvariantContext } from './invariants.ts'

type Unstamped<Entry> = Entry extends unknown ? Omit<Entry, 'seq' | 'at'> : never
type JournalEvent = Unstamped<JournalEntry>

const CONTEXT: InvariantContext = {
  ...{ secrets: ['c2VjcmV0'], output: ['connected'], sharesIdentities: false, suppliesTokens: false },
  ...{ hubAheadSeconds: 0, hostNames: ['hub.example'] },
}
const NOW_S = 1_000_000
const TOKEN = tokenFor('hub.example/devices/d1', NOW_S + 60)

function tokenFor(resource: string, expiry: number): string {
  return `SharedAccessSignature sr=${encodeURIComponent(resource)}&sig=***&se=${String(expiry)}`
}

const opened = (linkId: string, version = 'TLSv1.3', serverName?: string): JournalEvent => ({
  ...{ type: 'link-opened', linkId, transport: 'mqtt', peer: 'p' },
  tls: { version, serverName: serverName ?? 'hub.example', resumed: false },
})
const packet = (direction: 'in' | 'out', cmd: string, fields: object, linkId = 'l1'): JournalEvent => ({
  ...{ type: 'packet', linkId, direction, cmd, packet: { topic: null, ...fields } },
})
const connect = (linkId = 'l1', password = TOKEN, clientId = 'd1'): JournalEvent =>
  packet('in', 'connect', { clientId, password: Buffer.from(password) }, linkId)
const connack = packet('out', 'connack', { returnCode: 0 })
const publish = (fields: object): JournalEvent =>
  packet('in', 'publish', { topic: 'devices/d1/messages/events/', qos: 1, dup: false, ...fields })
const UP = [opened('l1'), connect(), connack]

function broken(events: readonly JournalEvent[], changes: Partial<InvariantContext> = {}): readonly string[] {
  const journal = events.map((event, index) => ({ ...event, seq: index + 1, at: NOW_S * 1_000 }))
  return brokenInvariants(journal, { ...CONTEXT, ...changes })
}

describe('no violation is reported for', () => {
  test.each<[string, readonly JournalEvent[], Partial<InvariantContext>?]>([
    ['a correct client', [...UP, publish({ messageId: 1 })]],
    [
      'a packet id that was acknowledged',
      [
        ...UP,
        publish({ messageId: 1 }),
        packet('out', 'puback', { messageId: 1 }),
        publish({ messageId: 1 }),
      ],
    ],
    ['a message that is resent', [...UP, publish({ messageId: 1 }), publish({ messageId: 1, dup: true })]],
    [
      'an acknowledgement for each delivery',
      [...UP, packet('out', 'publish', { messageId: 9, qos: 1 }), packet('in', 'puback', { messageId: 9 })],
    ],
    [
      'a request id that has its response',
      [
        ...UP,
        publish({ topic: '$iothub/twin/GET/?$rid=1', qos: 0 }),
        packet('out', 'publish', { topic: '$iothub/twin/res/200/?$rid=1' }),
        publish({ topic: '$iothub/twin/GET/?$rid=1', qos: 0 }),
      ],
    ],
    [
      'a connection after the end of the first',
      [...UP, { type: 'link-closed', linkId: 'l1', reason: 'gone' }, opened('l2'), connect('l2')],
    ],
    [
      'a connection beside one that a fault has blocked',
      [
        ...UP,
        { type: 'fault', faultId: 'f', name: 'tcp.blackhole', phase: 'fired', explain: '' },
        opened('l2'),
        connect('l2'),
      ],
    ],
    ['two clients for one identity', [...UP, opened('l2'), connect('l2')], { sharesIdentities: true }],
    [
      'a token of the application',
      [opened('l1'), connect('l1', tokenFor('elsewhere', 1))],
      { suppliesTokens: true },
    ],
    [
      'a hub whose clock is ahead',
      [opened('l1'), connect('l1', tokenFor('h/devices/d1', NOW_S))],
      { hubAheadSeconds: 60 },
    ],
    [
      'an id that the token encodes',
      [opened('l1'), connect('l1', tokenFor('h/devices/d%231', NOW_S + 60), 'd#1')],
    ],
  ])('%s', (_what, events, changes) => {
    expect(broken(events, changes)).toEqual([])
  })
})

describe('a violation is reported when', () => {
  test.each<[string, readonly JournalEvent[], string, Partial<InvariantContext>?]>([
    [
      'something is published too early',
      [opened('l1'), connect(), publish({ messageId: 1 })],
      'nothing before CONNACK: publish before',
    ],
    [
      'something is published after a refusal',
      [opened('l1'), connect(), packet('out', 'connack', { returnCode: 5 }), publish({ messageId: 1 })],
      'nothing before CONNACK',
    ],
    ['QoS is 2', [...UP, publish({ messageId: 1, qos: 2 })], 'QoS is never 2: publish'],
    [
      'QoS 2 is requested',
      [
        ...UP,
        packet('in', 'subscribe', {
          messageId: 1,
          subscriptions: [{ topic: '$iothub/methods/POST/#', qos: 2 }],
        }),
      ],
      'QoS is never 2: subscribe',
    ],
    [
      'a packet id in flight is reused',
      [...UP, publish({ messageId: 1 }), publish({ messageId: 1 })],
      'publish with packet id 1, which is in flight',
    ],
    [
      'a delivery is acknowledged twice',
      [
        ...UP,
        packet('out', 'publish', { messageId: 9, qos: 1 }),
        packet('in', 'puback', { messageId: 9 }),
        packet('in', 'puback', { messageId: 9 }),
      ],
      'puback 9 without a delivery',
    ],
    [
      'the topic of another identity is used',
      [...UP, publish({ topic: 'devices/d2/messages/events/', messageId: 1 })],
      'publish with the topic devices/d2/messages/events/',
    ],
    [
      'a topic outside the identity is subscribed',
      [...UP, packet('in', 'subscribe', { messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] })],
      'subscribe with the topic #',
    ],
    [
      'a request id is used twice',
      [
        ...UP,
        publish({ topic: '$iothub/twin/GET/?$rid=1', qos: 0 }),
        publish({ topic: '$iothub/twin/GET/?$rid=1', qos: 0 }),
      ],
      '$rid=1 is used twice',
    ],
    [
      'a token has expired',
      [opened('l1'), connect('l1', tokenFor('h/devices/d1', NOW_S - 5))],
      'a token that expired 5 s ago',
    ],
    [
      'a token is for another identity',
      [opened('l1'), connect('l1', tokenFor('h/devices/d2', NOW_S + 60))],
      'CONNECT as devices/d1 with a token for h/devices/d2',
    ],
    ['the TLS version is too old', [opened('l1', 'TLSv1.1')], 'the version is TLSv1.1'],
    ['another server is named', [opened('l1', 'TLSv1.3', '127.0.0.1')], 'SNI is 127.0.0.1'],
    [
      'a second connection is opened',
      [...UP, opened('l2'), connect('l2')],
      'one connection at a time: d1 opened another',
    ],
    ['a key is logged', UP, 'no secret is logged', { output: ['key: c2VjcmV0'] }],
  ])('%s', (_what, events, said, changes) => {
    expect(broken(events, changes)).toEqual([expect.stringContaining(said)])
  })
})
