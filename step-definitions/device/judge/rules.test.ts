/** Each rule of the judge with short journals: what passes, what does not, what cannot be judged, what is not there. */

import { describe, expect, test } from 'vitest'
import { PROVOCATIONS } from '../conductor/phases/all.ts'
import { ROWS } from '../testing/simulation.ts'
import { under } from './testing/cases/case.ts'
import { FEATURES_CASES } from './testing/cases/features.ts'
import { RETURNS } from './testing/cases/returns.ts'
import { TLS_CASES } from './testing/cases/tls.ts'
import { WATCHED } from './testing/cases/watched.ts'
import * as j from './testing/journal.ts'

const CASES = { ...WATCHED, ...RETURNS, ...TLS_CASES, ...FEATURES_CASES }
/** The bench has no provisioning service for a device: the row is never judged. */
const NEVER_JUDGED = ['DUT-BACK-06']

const provocationsOf = (row: string): readonly string[] =>
  PROVOCATIONS.filter(({ rows }) => rows.includes(row)).map(({ name }) => name)
const all = (row: string, parts: (name: string) => j.Journal): j.Journal => [
  ...[...j.up(1), j.subscribe(1), j.suback(1), ...j.telemetry(1, 1), j.wait(20)],
  ...provocationsOf(row).flatMap((name) => parts(name)),
]
/** Rows that are watched on every link as well: a provocation alone says nothing of them. */
const ALSO_WATCHED = new Set(Object.keys(WATCHED))
const PROVOKED = ROWS.filter(({ id }) => provocationsOf(id).length > 0 && !ALSO_WATCHED.has(id)).map(
  ({ id }) => id,
)

test('each row has its journals', () => {
  const missing = ROWS.map(({ id }) => id).filter((id) => !(id in CASES) && !NEVER_JUDGED.includes(id))
  expect(missing).toEqual([])
})

describe.each(Object.entries(CASES))('%s', (row, { good, bad, gets = 'FAIL', file }) => {
  test('passes', () => {
    const { word, why, cites } = j.verdictOf(row, good, file)
    expect([word, why]).toEqual(['PASS', why])
    expect(cites).not.toEqual([])
  })

  test(`gets ${gets}`, () => {
    const { word, why, cites } = j.verdictOf(row, bad, file)
    expect([word, why]).toEqual([gets, why])
    expect(cites).not.toEqual([])
  })

  test('of nothing it says nothing', () => {
    expect(['NOT_OBSERVED', 'NOT_RUN']).toContain(j.verdictOf(row, [], file).word)
  })
})

describe.each(PROVOKED)('%s', (row) => {
  const { file } = CASES[row] ?? {}

  test('is not observed when its provocations are left out', () => {
    const journal = all(row, (name) => [j.leftOut(name)])
    expect(j.verdictOf(row, journal, file).word).toBe('NOT_OBSERVED')
  })

  if (NEVER_JUDGED.includes(row)) return

  test('is inconclusive when nothing struck', () => {
    const journal = all(row, (name) => [j.begun(name), j.wait(130), j.over(name)])
    expect(j.verdictOf(row, journal, file).word).toBe('INCONCLUSIVE')
  })

  test('is inconclusive when the bench was at fault', () => {
    const journal = all(row, (name) => [j.begun(name), j.struck(name), j.wait(130), j.over(name, 'no way')])
    expect(j.verdictOf(row, journal, file).word).toBe('INCONCLUSIVE')
  })
})

test.each(['DUT-RECON-01', 'DUT-CONN-11', 'DUT-SESS-02', 'DUT-TLS-10'])(
  '%s: what did not come is no FAIL without a settled device, its patience and an open way',
  (row) => {
    const [name = ''] = provocationsOf(row)
    const gone = (settled: boolean, ...parts: j.Journal): j.Journal => [
      ...[...j.up(1), j.subscribe(1), j.begun(name, settled), j.struck(name), ...j.down(1), j.released(name)],
      ...[...parts, j.over(name)],
    ]
    expect(j.verdictOf(row, gone(true, j.wait(130), j.probe)).word).toBe('FAIL')
    expect(j.verdictOf(row, gone(false, j.wait(130), j.probe)).word).toBe('INCONCLUSIVE')
    expect(j.verdictOf(row, gone(true, j.wait(100), j.probe)).word).toBe('INCONCLUSIVE')
    expect(j.verdictOf(row, gone(true, j.wait(130))).word).toBe('INCONCLUSIVE')
    expect(j.verdictOf(row, gone(true, j.probe, j.wait(130))).word).toBe('INCONCLUSIVE')
  },
)

test('DUT-TLS-06: a reset that overtakes the alert once is no WARN; a stranger that was shown the password stays a FAIL', () => {
  const attempt = (link: number, alert?: string): j.Journal => [
    ...[j.dialled(link), j.fault('tls.unknown_ca'), j.hello(link)],
    j.ended(link, { finished: false, code: 'X', ...(alert === undefined ? {} : { alert }) }),
  ]
  const word = (...attempts: j.Journal): string =>
    j.verdictOf('DUT-TLS-06', under('tls.unknown_ca', ...j.down(1), ...attempts)).word
  expect(word(...attempt(2), ...attempt(3))).toBe('WARN')
  expect(word(...attempt(2), ...attempt(3, 'unknown_ca'))).toBe('PASS')
  const shown = [j.dialled(4), j.fault('tls.unknown_ca'), ...j.opened(4).slice(1), j.connect(4)]
  expect(word(...attempt(2, 'unknown_ca'), ...shown)).toBe('FAIL')
})

const repeated = (present: boolean, id: number): j.Journal => [
  ...[...j.up(1), j.sent(1, j.EVENTS, { id, text: 'a' }), ...j.down(1), ...j.up(2, {}, present)],
  ...[j.sent(2, j.EVENTS, { id, text: 'a' }), j.puback(2, 'out', id)],
]
const property = (text: string): j.Journal => [
  ...[...j.up(1), j.sent(1, `devices/${j.ID}/messages/events/room=${text}`)],
]
const answered = (rid: string): j.Journal => [
  ...under('method.known', j.service('method', 'm1', { name: 'setLed' }), j.answer('m1')),
  ...[j.got(1, '$iothub/methods/POST/setLed/?$rid=a'), j.sent(1, `$iothub/methods/res/200/?$rid=${rid}`)],
]
const returns = (telemetry: boolean): j.Journal => [
  ...[j.begun('start'), j.struck('start'), ...j.up(1), ...j.telemetry(1, 1), j.over('start'), ...j.down(1)],
  ...[2, 3].flatMap((link) => [
    ...[...j.up(link), j.wait(25), ...(telemetry ? j.telemetry(link, link) : []), ...j.down(link)],
  ]),
]

test.each<[row: string, what: string, journal: j.Journal, word: string]>([
  ['DUT-PROT-04', 'a repetition under its id without DUP', repeated(true, 40), 'FAIL'],
  ['DUT-PROT-04', 'an id that a new count may reach', repeated(true, 1), 'WARN'],
  ['DUT-PROT-04', 'a new session', repeated(false, 40), 'WARN'],
  ['DUT-D2C-02', 'a declared property', property('first%20floor'), 'PASS'],
  ['DUT-D2C-02', 'a property that is encoded twice', property('first%2520floor'), 'FAIL'],
  [
    'DUT-CONN-03',
    'the older form',
    j.up(1, { username: `${j.HOST}/${j.ID}/api-version=2021-04-12` }),
    'WARN',
  ],
  ['DUT-METH-01', 'the $rid of the request', answered('a'), 'PASS'],
  ['DUT-METH-01', 'an answer to no request', answered('0'), 'FAIL'],
  ['DUT-D2C-01', 'telemetry on later connections', returns(true), 'PASS'],
  ['DUT-D2C-01', 'telemetry on the first connection alone', returns(false), 'FAIL'],
  [
    'DUT-PROT-01',
    'what the hub cannot read',
    [...j.up(1), j.refusal(1, 'bits', 400_006, 'MQTT-4.8.0-1')],
    'FAIL',
  ],
])('%s: %s', (row, _what, journal, word) => {
  expect(j.verdictOf(row, journal).word).toBe(word)
})
