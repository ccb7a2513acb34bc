/** Devices that are broken in ways that firmware is: a step forgotten, a unit mixed up, a limit of the C language. */

import { broken, type Variant } from './variant.ts'
import { sign } from '../good/token.ts'
import { quietFile } from './packets.ts'

const CONTENT = '$.ct=application%2Fjson&$.ce=utf-8'

export const FURTHER: readonly Variant[] = [
  broken('D113', 'subscribes to messages alone after a reconnection', {
    subscriptions: (own, connections) => (connections > 0 ? own.slice(0, 1) : own),
  }),
  broken('D114', 'counts packet ids from 0', { packetId: (next) => next - 1 }),
  broken(
    'D115',
    'writes properties as they are',
    { properties: `${CONTENT}&room=first floor` },
    { warns: ['DUT-D2C-02'] },
  ),
  broken('D116', 'writes the end of its tokens in milliseconds', {
    token: (resource, key, seconds, policy) => sign(resource, key, seconds * 1000, policy),
  }),
  broken('D117', 'starts anew two seconds after each refusal', { pauseAfterRefusal: () => 2 }),
  broken('D118', 'adds a field to the topic of its method answers', { methodRid: (rid) => `${rid}&ok=1` }),
  broken('D119', 'ends each body with the zero of a C string', {
    body: (fields) => `${JSON.stringify(fields)}\u0000`,
  }),
  broken('D120', 'sends each message twice', { copies: 2 }, { warns: ['DUT-D2C-01'] }),
  broken(
    'D121',
    'reports twice a second what has not changed',
    { reportsEverySeconds: 0.5 },
    {
      warns: ['DUT-TWIN-07'],
      alsoRuns: ['DUT-D2C-01', 'DUT-PROT-09'],
    },
  ),
  broken('D122', 'reports its desired properties as they are, with their version', { reportsDesired: true }),
  broken('D123', 'writes its client id in capital letters', { clientId: (id) => id.toUpperCase() }),
  broken('D124', 'checks the chain on its first connection alone', {
    overlooks: (code, connections) => connections > 0 && !/ALTNAME|EXPIRED|NOT_YET/.test(code),
  }),
  broken('D125', 'checks nothing any more after two attempts that failed', {
    overlooks: (_code, _connections, failures) => failures >= 2,
  }),
  broken(
    'D126',
    'offers TLS 1.0 as well',
    {
      tls: { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' },
    },
    { warns: ['DUT-TLS-02'] },
  ),
  broken('D127', 'subscribes at QoS 0', { subscribeQos: 0 }, { warns: ['DUT-C2D-01'] }),
  broken(
    'D128',
    'pings every 1.2 keep-alives',
    { pingsAfter: 1.2 },
    {
      warns: ['DUT-PROT-09'],
      ...{ options: { telemetrySeconds: 600 }, file: quietFile('600s') },
    },
  ),
  broken(
    'D129',
    'forgets its key when it is refused five times',
    {
      givesUp: (code, failures) => code === 5 && failures >= 4,
    },
    { warns: ['DUT-LIFE-01'] },
  ),
  broken('D130', 'counts the end of its tokens from its start', {
    slowSeconds: 1_700_000_000,
    asksTime: 'never',
  }),
  broken('D131', 'reads one byte of the length of a packet', { largestPacket: 127 }),
  broken('D132', 'forgets the slash before the properties', {
    telemetryTopic: (own) => own.replace('/events/', '/events'),
  }),
  broken(
    'D133',
    'does its work before it answers a method, which takes 25 s',
    { methodSeconds: 25 },
    { warns: ['DUT-METH-01'] },
  ),
  broken('D134', 'writes semicolons between properties', { properties: CONTENT.replace('&', ';') }),
]
