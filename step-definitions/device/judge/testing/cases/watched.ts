/** Rules that look at everything that a device sends. */

import * as j from '../journal.ts'
import { under, type Cases } from './case.ts'

const X509 = { auth: { kind: 'x509' } }
const link = (more: Parameters<typeof j.up>[1] = {}): j.Journal => [...j.up(1, more), ...j.telemetry(1, 1)]
const says = (topic: string, more = {}): j.Journal => [...j.up(1), j.sent(1, topic, more)]
const body = (text: string): j.Journal => [...j.up(1), ...j.telemetry(1, 1, { text })]
const offer = (more: Parameters<typeof j.hello>[1]): j.Journal => [j.dialled(1), j.hello(1, more), j.ended(1)]
const token = (more: Parameters<typeof j.shownToken>[0]): j.Journal => link({ token: j.shownToken(more) })
const inADay = (days: number): number => 1_767_225_600 + days * 86_400

export const WATCHED: Cases = {
  'DUT-NET-02': {
    good: link(),
    bad: [{ type: 'decoy', port: 1883, peer: '192.0.2.1:9', bytes: 40 }, ...link()],
  },
  'DUT-TLS-01': { good: link(), bad: [j.dialled(1), j.hello(1), j.ended(1, { finished: false, code: 'X' })] },
  'DUT-TLS-02': { good: link(), bad: offer({ versions: ['TLSv1.1'] }) },
  'DUT-TLS-03': { good: link(), bad: offer({ suites: ['0x002f'] }) },
  'DUT-TLS-05': { good: link(), bad: offer({ serverName: undefined }), gets: 'WARN' },
  'DUT-TLS-15': {
    ...{ file: X509, gets: 'WARN' },
    good: [...j.opened(1), j.connect(1, { token: undefined } as never), j.connected(1)],
    bad: link(),
  },
  'DUT-CONN-01': { good: link(), bad: [...j.opened(1), j.refusal(1, 'CONNECT of MQTT 3.1')] },
  'DUT-CONN-02': { good: link(), bad: link({ clientId: 'other' }) },
  'DUT-CONN-03': { good: link(), bad: link({ username: `other/${j.ID}/?api-version=2021-04-12` }) },
  'DUT-CONN-04': { good: link(), bad: token({ sr: `${j.HOST}/devices/other` }) },
  'DUT-CONN-05': { good: link(), bad: link({ keepalive: 0 }), gets: 'WARN' },
  'DUT-CONN-06': { good: link(), bad: link({ clean: true }), gets: 'WARN' },
  'DUT-CONN-07': {
    good: [...j.up(1), ...j.down(1), ...j.up(2)],
    bad: [...j.up(1), ...j.opened(2), j.connect(2), ...j.down(1, 'taken-over', 'taken-over'), j.connected(2)],
  },
  'DUT-CONN-08': {
    good: link({ will: { topic: `devices/${j.ID}/messages/events/`, qos: 1, retain: false } }),
    bad: link({ will: { topic: 'goodbye', qos: 1, retain: false } }),
  },
  'DUT-CONN-09': {
    good: link(),
    bad: [...j.opened(1), j.connect(1), j.sent(1, j.EVENTS), j.connected(1), j.connack(1)],
    gets: 'WARN',
  },
  'DUT-PROT-01': { good: link(), bad: [...link(), j.refusal(1, 'topic "a/+"')] },
  'DUT-PROT-02': { good: link(), bad: says(j.EVENTS, { qos: 2 }) },
  'DUT-PROT-03': {
    good: [...j.up(1), ...j.telemetry(1, 1), ...j.telemetry(1, 2)],
    bad: [...j.up(1), j.sent(1, j.EVENTS, { id: 3, text: 'a' }), j.sent(1, j.EVENTS, { id: 3, text: 'b' })],
  },
  'DUT-PROT-04': {
    // The first copy was never acknowledged; a later link has it again, as it should.
    good: [
      ...[...j.up(1), j.sent(1, j.EVENTS, { id: 3, text: 'a' }), ...j.down(1), ...j.up(2)],
      ...[j.sent(2, j.EVENTS, { id: 3, text: 'a', dup: true }), j.puback(2, 'out', 3)],
      // Another message with the same body is no repetition.
      ...[j.sent(2, j.EVENTS, { id: 4, text: 'a' }), j.puback(2, 'out', 4)],
    ],
    bad: says(j.EVENTS, { dup: true }),
  },
  'DUT-PROT-05': {
    good: [...j.up(1), j.got(1, j.BOUND, { id: 5 }), j.puback(1, 'in', 5)],
    bad: [...j.up(1), j.got(1, j.BOUND, { id: 5 }), j.wait(90), ...j.telemetry(1, 1)],
  },
  'DUT-PROT-07': { good: link(), bad: says('devices/other/messages/events/') },
  'DUT-PROT-08': {
    good: [...j.up(1), j.subscribe(1)],
    bad: [...j.up(1), j.subscribe(1, ['a', 'b', 'c', 'd', 'e', 'f'])],
  },
  'DUT-PROT-12': {
    good: [...j.up(1), j.subscribe(1), j.suback(1), j.sent(1, j.GET)],
    bad: [...j.up(1), j.subscribe(1), j.sent(1, j.GET), j.suback(1)],
    gets: 'WARN',
  },
  'DUT-D2C-02': { good: link(), bad: says(`devices/${j.ID}/messages/events/room=first+floor`) },
  'DUT-D2C-03': {
    good: body('{"n":1}'),
    bad: says(`devices/${j.ID}/messages/events/`, { text: '{"n":1}' }),
    gets: 'WARN',
  },
  'DUT-D2C-04': { good: link(), bad: says(j.EVENTS, { bytes: 300_000 }) },
  'DUT-TWIN-01': {
    good: [...j.up(1), j.subscribe(1), j.suback(1), j.sent(1, j.GET)],
    bad: [...j.up(1, {}, false), j.sent(1, j.GET), j.subscribe(1)],
  },
  'DUT-TWIN-03': {
    good: [...j.up(1), j.subscribe(1), j.suback(1), j.sent(1, j.GET), j.wait(20), ...j.down(1)],
    bad: [...j.up(1), j.subscribe(1), j.suback(1), j.wait(90), ...j.telemetry(1, 1), ...j.down(1)],
  },
  'DUT-TWIN-07': {
    good: [...j.up(1), j.sent(1, j.PATCH), j.got(1, '$iothub/twin/res/204/?$rid=2&$version=2')],
    bad: [...j.up(1), j.sent(1, j.PATCH), j.got(1, '$iothub/twin/res/400/?$rid=2')],
  },
  'DUT-TWIN-10': {
    good: [...j.up(1), j.sent(1, j.GET), j.sent(1, j.PATCH)],
    bad: [...j.up(1), j.sent(1, j.GET), j.sent(1, j.PATCH.replace('=2', '=1'))],
  },
  'DUT-SEC-01': {
    good: link(),
    bad: [...link(), { type: 'secret', link: 'mqtt-1', where: 'body', what: 'the primary key' }],
  },
  'DUT-SEC-02': { good: link(), bad: token({ se: inADay(400) }) },
  'DUT-SEC-03': { good: link(), bad: token({ skn: 'device' }), gets: 'WARN' },
  'DUT-SEC-04': {
    good: link({ username: `${j.HOST}/${j.ID}/?api-version=2021-04-12&DeviceClientType=a` }),
    bad: link(),
    gets: 'WARN',
  },
  'DUT-ROB-05': {
    good: under('loss.fin', j.alive('loss.fin')),
    bad: under('loss.fin', j.recovery('loss.fin'), j.alive('loss.fin')),
  },
  'DUT-METH-06': {
    good: [
      ...[...j.up(1), j.got(1, '$iothub/methods/POST/a/?$rid=1')],
      j.sent(1, '$iothub/methods/res/200/?$rid=1'),
    ],
    bad: [
      ...[...j.up(1), j.got(1, '$iothub/methods/POST/a/?$rid=1')],
      ...[j.sent(1, '$iothub/methods/res/200/?$rid=1'), j.sent(1, '$iothub/methods/res/200/?$rid=1')],
    ],
  },
  'DUT-PROT-09': {
    good: [...j.up(1), j.wait(29), j.bare(1, 'pingreq'), j.wait(29), j.bare(1, 'pingreq')],
    bad: [...j.up(1), j.wait(44), ...j.telemetry(1, 1)],
  },
}
