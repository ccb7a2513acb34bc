/** Rules about messages, twin, methods, uploads, tokens and hours. */

import * as j from '../journal.ts'
import { inVain, under, type Case, type Cases } from './case.ts'

const SENT = j.service('c2d', 'm1')
const delivered = (id = 5): j.Journal => [j.got(1, `${j.BOUND}m1`, { id }), j.puback(1, 'in', id)]
/** A message is completed, or not. */
const message = (name: string): Case => ({
  good: under(name, SENT, j.released(name), ...delivered(), j.feedback('m1'), j.wait(1)),
  bad: under(name, SENT, j.released(name), ...inVain),
})
const METHOD = { name: 'setLed', payload: { on: true } }
const calls = (name: string, ok: boolean, keys: readonly string[] = ['c1']): j.Journal =>
  under(
    name,
    ...keys.flatMap((key) => [
      ...[j.service('method', key, METHOD), j.wait(1)],
      j.answer(key, ok ? { payload: { led: 'on' } } : { ok: false, text: 'timeout' }),
    ]),
    j.released(name),
  )
const call = (name: string): Case => ({ good: calls(name, true), bad: calls(name, false) })
const EXPECT = { interval: { value: 6 } }
const ECHO = [j.service('expect', 'echo', EXPECT), j.wait(1)]
const reported = (value: number): j.Part =>
  j.sent(1, j.PATCH, { text: JSON.stringify({ interval: { value } }) })
const echo = (name: string): Case => ({
  good: under(name, ...ECHO, j.released(name), reported(6), j.wait(1)),
  bad: under(name, ...ECHO, j.released(name), ...inVain),
})
const older = (...reports: j.Journal): j.Journal =>
  under(
    'twin.older',
    ...[j.service('expect', 'no echo', { interval: { value: 5_005 } }), ...reports],
    ...[...ECHO, reported(6)],
  )
const asksAgain = (name: string, pause: number, ...before: j.Journal): j.Journal =>
  under(name, ...before, ...(pause === 0 ? inVain : [j.wait(pause), j.sent(1, j.PATCH, { text: '{"a":1}' })]))
const REFUSED = [j.sent(1, j.PATCH, { text: '{"a":1}' }), j.got(1, '$iothub/twin/res/429/?$rid=2')]
const exchange = (name: string): Case => {
  const asked = [SENT, j.service('method', 'c1', METHOD)]
  return {
    good: under(
      name,
      ...asked,
      ...delivered(),
      j.feedback('m1'),
      j.answer('c1'),
      j.released(name),
      j.alive(name),
    ),
    bad: under(name, ...asked, j.answer('c1', { ok: false }), ...inVain),
  }
}
const POST = { type: 'request', method: 'POST', status: 200, caller: j.ID } as const
const asked: j.Part = { ...POST, url: `/devices/${j.ID}/files?api-version=2021-04-12` }
const stored: j.Part = { ...POST, method: 'PUT', status: 201, url: '/uploads/a' }
const told = (isSuccess: boolean): j.Journal => [
  { type: 'upload', step: 'finish', what: { isSuccess } },
  { ...POST, status: 204, url: `/devices/${j.ID}/files/notifications?api-version=2021-04-12` },
]
const token = (se: number, print: string): Parameters<typeof j.up>[1] => ({
  token: j.shownToken({ se: 1_767_225_600 + se, print }),
})
/** Tokens of 300 s, renewed in time, cut, or not at all. */
const renewals = (times: number, reason = 'disconnect', ...more: j.Journal): j.Journal => [
  ...[...j.up(1), j.wait(20), j.begun('token.renewal'), ...j.down(1), ...j.up(2, token(320, 'a'))],
  j.struck('token.renewal'),
  ...Array.from({ length: times }, (_, at) => [
    ...[j.wait(240), ...j.telemetry(2 + at, 1 + at), ...j.down(2 + at, 'disconnect', reason)],
    ...j.up(3 + at, token(320 + 240 * (at + 1), `t${String(at)}`)),
  ]).flat(),
  ...[...more, j.wait(720), j.released('token.renewal'), j.over('token.renewal')],
]
const cut = (print: string): j.Journal =>
  under(
    'token.cut',
    ...j.down(1),
    j.released('token.cut'),
    ...j.up(2, token(9_000, print)),
    ...j.telemetry(2, 2),
  )
const skew = (seconds: number): j.Part => j.service('clock', 'offset', { seconds })
const reconnections = (name: string, count: number): j.Journal =>
  under(
    name,
    ...Array.from({ length: count }, (_, at) => [...j.down(at + 1), j.wait(1), ...j.up(at + 2)]).flat(),
    ...[j.released(name), j.wait(1), ...j.telemetry(count + 1, 9)],
  )
const flight = (count: number): j.Journal =>
  under(
    'puback.slow',
    ...Array.from({ length: count }, (_, at) => j.sent(1, j.EVENTS, { id: at + 10, text: String(at) })),
    j.released('puback.slow'),
  )
const LONG = 'long'
const losses = (pauses: readonly number[]): j.Journal =>
  under(
    LONG,
    ...pauses.flatMap((pause, at) => [
      ...[j.wait(600), j.service('loss', String(at)), ...j.down(at + 1), j.wait(pause), ...j.up(at + 2)],
      ...j.telemetry(at + 2, at + 2),
    ]),
  )
const paced = (...pauses: readonly number[]): j.Journal =>
  under(LONG, ...pauses.flatMap((pause, at) => [j.wait(pause), ...j.telemetry(1, at + 2)]))
const minute = (...numbers: readonly number[]): j.Journal =>
  under(
    'loss.minute',
    ...[...j.down(1), j.wait(60), j.released('loss.minute'), ...j.up(2)],
    ...numbers.flatMap((n) => j.telemetry(2, n)),
  )
const start = (...parts: j.Journal): j.Journal => [
  ...[j.begun('start'), j.struck('start'), j.released('start'), ...parts, j.probe, j.over('start')],
]
const five = (order: readonly number[]): j.Journal =>
  under(
    'c2d.five',
    ...[1, 2, 3].map((id) => j.got(1, j.BOUND, { id })),
    ...order.map((id) => j.puback(1, 'in', id)),
  )
const away = (...parts: j.Journal): j.Journal =>
  under('session.away', ...j.down(1), SENT, j.released('session.away'), ...j.up(2), ...parts)
const THERE = [j.got(2, `${j.BOUND}m1`, { id: 5 }), j.puback(2, 'in', 5), j.feedback('m1')]

export const FEATURES_CASES: Cases = {
  'DUT-NET-01': { good: start(...j.up(1)), bad: start(j.wait(130)) },
  'DUT-D2C-01': {
    good: start(...j.up(1), ...[1, 2, 3].flatMap((n) => [...j.telemetry(1, n), j.wait(5)])),
    bad: start(...j.up(1), j.wait(130)),
  },
  'DUT-D2C-05': {
    good: under(
      'puback.withheld',
      ...[
        j.sent(1, j.EVENTS, { id: 7, text: '7' }),
        j.fault('mqtt.puback.withhold'),
        ...j.down(1),
        ...j.up(2),
      ],
      j.sent(2, j.EVENTS, { id: 7, text: '7', dup: true }),
    ),
    bad: under(
      'puback.withheld',
      ...[
        j.sent(1, j.EVENTS, { id: 7, text: '7' }),
        j.fault('mqtt.puback.withhold'),
        ...j.down(1),
        ...j.up(2),
      ],
      ...j.telemetry(2, 8),
    ),
  },
  'DUT-D2C-06': { good: minute(2, 3, 4), bad: minute(4, 5), gets: 'WARN' },
  'DUT-D2C-07': { good: flight(9), bad: flight(60), gets: 'WARN' },
  'DUT-D2C-08': { good: reconnections('throttled', 2), bad: reconnections('throttled', 25) },
  'DUT-LIFE-04': { good: reconnections('quota', 2), bad: reconnections('quota', 45), gets: 'WARN' },
  'DUT-C2D-01': message('c2d.known'),
  'DUT-C2D-02': {
    good: under('c2d.known', SENT, j.wait(1), ...j.telemetry(1, 2, { text: '{"led":"on"}' })),
    bad: under('c2d.known', SENT, j.wait(20)),
    gets: 'WARN',
  },
  'DUT-C2D-03': message('c2d.properties'),
  'DUT-C2D-04': { good: away(...THERE), bad: away(...inVain) },
  'DUT-C2D-05': {
    good: under(
      'c2d.repeated',
      SENT,
      ...delivered(),
      j.got(1, `${j.BOUND}m1`, { id: 5, dup: true }),
      j.puback(1, 'in', 5),
    ),
    bad: under('c2d.repeated', SENT, ...delivered(), j.got(1, `${j.BOUND}m1`, { id: 5, dup: true })),
  },
  'DUT-C2D-06': {
    good: message('c2d.largest').good,
    bad: under('c2d.largest', SENT, ...j.down(1), ...j.up(2), ...j.down(2), ...j.up(3)),
  },
  'DUT-C2D-07': { ...message('c2d.poison'), gets: 'WARN' },
  'DUT-TLS-13': message('large'),
  'DUT-PROT-06': { good: five([1, 2, 3]), bad: five([3, 2, 1]), gets: 'WARN' },
  'DUT-PROT-11': {
    good: under('stop', j.released('stop'), j.bare(1, 'disconnect'), ...j.down(1)),
    bad: under('stop', j.released('stop'), ...inVain),
  },
  'DUT-SESS-01': {
    good: away(...THERE, ...j.telemetry(2, 2)),
    bad: away(...j.telemetry(2, 2), j.wait(30)),
    gets: 'WARN',
  },
  'DUT-SESS-02': {
    good: under(
      'session.forgotten',
      ...j.down(1),
      ...j.up(2, {}, false),
      j.subscribe(2),
      ...j.telemetry(2, 2),
    ),
    bad: under('session.forgotten', ...j.down(1), ...j.up(2, {}, false), ...j.telemetry(2, 2)),
  },
  'DUT-TWIN-02': echo('twin.desired'),
  'DUT-TWIN-04': echo('twin.away'),
  'DUT-TWIN-05': { good: older(), bad: older(reported(5_005)), gets: 'WARN' },
  'DUT-TWIN-06': echo('twin.removed'),
  'DUT-TWIN-08': {
    good: asksAgain('twin.throttled', 3, ...REFUSED),
    bad: asksAgain('twin.throttled', 0, ...REFUSED),
    gets: 'WARN',
  },
  'DUT-TWIN-09': {
    good: asksAgain(
      'twin.withheld',
      20,
      j.sent(1, j.PATCH, { text: '{"a":1}' }),
      j.fault('twin.response.withhold'),
    ),
    bad: asksAgain(
      'twin.withheld',
      0,
      j.sent(1, j.PATCH, { text: '{"a":1}' }),
      j.fault('twin.response.withhold'),
    ),
    gets: 'WARN',
  },
  'DUT-TWIN-11': { ...echo('twin.big'), gets: 'WARN' },
  'DUT-METH-01': call('method.known'),
  'DUT-METH-02': {
    file: { does: { methods: [{ ...METHOD, expect: { status: 200, payload: { led: 'on' } } }] } },
    good: calls('method.known', true),
    bad: under(
      'method.known',
      j.service('method', 'c1', METHOD),
      j.answer('c1', { payload: { led: 'off' } }),
    ),
  },
  'DUT-METH-03': {
    good: under('method.unknown', j.service('method', 'c1', METHOD), j.answer('c1', { status: 404 })),
    bad: calls('method.unknown', false),
  },
  'DUT-METH-04': { ...call('method.payloads'), gets: 'WARN' },
  'DUT-METH-05': {
    good: calls('method.five', true, ['1', '2', '3', '4', '5']),
    bad: calls('method.five', false, ['1', '2', '3', '4', '5']),
    gets: 'WARN',
  },
  'DUT-METH-07': {
    good: under('method.again', ...j.down(1), ...j.up(2), j.service('method', 'c1', METHOD), j.answer('c1')),
    bad: under(
      'method.again',
      ...j.down(1),
      ...j.up(2),
      j.service('method', 'c1', METHOD),
      j.answer('c1', { ok: false }),
    ),
  },
  'DUT-JOB-01': {
    good: under('job', j.answer('job', { what: 'job', text: 'completed' })),
    bad: under('job', j.answer('job', { what: 'job', ok: false, text: 'failed' })),
    gets: 'WARN',
  },
  'DUT-ROB-01': exchange('bytes.single'),
  'DUT-ROB-02': exchange('bytes.together'),
  'DUT-ROB-03': { ...exchange('bytes.slow'), gets: 'WARN' },
  'DUT-ROB-04': {
    good: under('unasked', j.released('unasked'), ...j.telemetry(1, 2)),
    bad: under('unasked', ...j.telemetry(1, 2, { text: '{"led":"unasked"}' })),
    gets: 'WARN',
  },
  'DUT-TOK-01': { good: renewals(2), bad: renewals(0) },
  'DUT-TOK-02': { good: cut('p2'), bad: cut('p1') },
  'DUT-TOK-03': { good: renewals(2), bad: renewals(0), gets: 'WARN' },
  'DUT-TOK-04': { good: renewals(2), bad: renewals(2, 'disconnect', j.service('c2d', 'lost')) },
  'DUT-TOK-05': {
    good: under(
      'token.key_rotated',
      ...j.down(1),
      ...j.up(2),
      ...j.telemetry(2, 2),
      j.released('token.key_rotated'),
    ),
    bad: under('token.key_rotated', ...j.down(1), j.wait(130), j.released('token.key_rotated')),
    gets: 'WARN',
  },
  'DUT-TOK-07': {
    good: under(
      'clock.skew',
      skew(240),
      ...j.down(1),
      ...j.up(2),
      skew(-240),
      ...j.down(2),
      ...j.up(3),
      skew(0),
    ),
    bad: under('clock.skew', skew(240), ...j.down(1), j.wait(130), skew(-240), ...j.up(3), skew(0), j.probe),
    gets: 'WARN',
  },
  'DUT-UPL-01': {
    good: under('upload.good', asked, stored, ...told(true)),
    bad: under('upload.good', asked, stored, ...inVain),
  },
  'DUT-UPL-02': {
    good: under('upload.refused', asked, ...told(false)),
    bad: under('upload.refused', asked, ...told(true)),
  },
  'DUT-UPL-03': {
    good: under('upload.throttled', asked, j.wait(3), asked),
    bad: under('upload.throttled', asked, j.wait(60)),
    gets: 'WARN',
  },
  'DUT-LONG-01': {
    good: under(LONG, j.wait(86_400)),
    bad: under(LONG, j.wait(43_200), ...j.down(1), j.wait(43_200)),
    gets: 'WARN',
  },
  'DUT-LONG-02': { good: paced(5, 5, 5, 5, 5, 5), bad: paced(5, 5, 6, 8, 9, 10), gets: 'WARN' },
  'DUT-LONG-03': {
    good: losses(Array.from({ length: 12 }, () => 5)),
    bad: losses(Array.from({ length: 12 }, (_, at) => 5 + at * 5)),
    gets: 'WARN',
  },
  'DUT-LONG-04': { good: paced(600, 600), bad: paced(...Array.from({ length: 60 }, () => 1)), gets: 'WARN' },
}
