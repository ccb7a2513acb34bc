/** Rules about what takes a connection away, and how the device comes back. */

import * as j from '../journal.ts'
import { inVain, under, type Case, type Cases } from './case.ts'

/** It is back after five seconds, or never. */
const returns = (name: string): Case => ({
  good: under(
    name,
    ...[...j.down(1), j.released(name), j.wait(5)],
    ...[...j.up(2), j.subscribe(2), j.suback(2), ...j.telemetry(2, 2), j.wait(30)],
  ),
  bad: under(name, ...j.down(1), j.released(name), ...inVain),
})

const many = (count: number): j.Journal =>
  Array.from({ length: count }, (_, at) => [j.dialled(100 + at), j.wait(1)]).flat()

/** It waits while it is refused, or hammers. */
const refused = (name: string): Case => ({
  good: returns(name).good,
  bad: under(name, ...j.down(1), ...many(25), j.released(name), ...j.up(2), ...j.telemetry(2, 2)),
})

const series = (name: string, pauses: readonly number[]): j.Journal => [
  ...[j.begun(name), j.struck(name), ...j.down(1)],
  ...[0, ...pauses].flatMap((pause, at) => [j.wait(pause), j.dialled(200 + at), j.fault('tcp.refuse')]),
  ...[j.released(name), j.wait(1), ...j.up(3), ...j.telemetry(3, 3), j.over(name)],
]
const bothSeries = (one: readonly number[], other: readonly number[] = one): j.Journal => [
  ...[...j.up(1), ...j.telemetry(1, 1), j.wait(20)],
  ...[...series('backoff.1', one), j.wait(20), ...series('backoff.2', other)],
]
const GROWING = [1, 2, 4, 8, 16, 32]
const lossAfter = (journal: j.Journal, pause: number): j.Journal => [
  ...[...journal, j.wait(20), j.begun('backoff.reset'), j.struck('backoff.reset')],
  ...[...j.down(3), j.wait(pause), ...j.up(4), j.over('backoff.reset')],
]
const atOnce = (pause: number): j.Journal =>
  under(
    'loss.at_once',
    ...j.down(1),
    ...[2, 3, 4].flatMap((link) => [j.wait(pause), ...j.up(link), ...j.down(link)]),
    ...[j.wait(pause), j.released('loss.at_once'), ...j.up(5), ...j.telemetry(5, 2)],
  )
const silence = (name: string, seconds: number): j.Journal =>
  under(
    name,
    ...[j.released(name), j.wait(20), j.bare(1, 'pingreq'), j.wait(seconds), ...j.down(1)],
    ...[...j.up(2), ...j.telemetry(2, 2), j.wait(130), j.probe],
  )
const withheld = (name: string, what: string, ...reaction: j.Journal): j.Journal =>
  under(name, j.fault(what), j.released(name), ...reaction)

export const RETURNS: Cases = {
  'DUT-RECON-01': returns('loss.fin'),
  'DUT-RECON-02': returns('loss.reset'),
  'DUT-RECON-03': { good: silence('loss.silence', 15), bad: under('loss.silence', ...inVain) },
  'DUT-RECON-04': returns('loss.half_close'),
  'DUT-RECON-05': returns('loss.cut'),
  'DUT-RECON-06': {
    good: returns('loss.at_once').good,
    // Connections that were lost at once are no return.
    bad: under(
      'loss.at_once',
      ...[...j.down(1), ...j.up(2), j.subscribe(2), ...j.down(2), j.released('loss.at_once'), ...inVain],
    ),
  },
  'DUT-RECON-07': {
    good: returns('loss.restart').good,
    bad: under(
      'loss.restart',
      ...[...j.down(1), j.released('loss.restart'), ...j.up(2, {}, false), ...j.telemetry(2, 2)],
    ),
  },
  'DUT-RECON-08': { ...returns('loss.websocket'), file: { transport: 'mqtt-ws' } },
  'DUT-RECON-09': returns('loss.long'),
  'DUT-RECON-10': returns('loss.power'),
  'DUT-RECON-11': returns('loss.network'),
  'DUT-RECON-12': returns('loss.often'),
  'DUT-CONN-11': returns('connack.unavailable'),
  'DUT-CONN-12': refused('refused.code5'),
  'DUT-CONN-13': returns('refused.code5'),
  'DUT-LIFE-01': refused('refused.disabled'),
  'DUT-LIFE-02': refused('refused.deleted'),
  'DUT-TOK-06': refused('token.keys_bad'),
  'DUT-TOK-08': {
    ...{ file: { network: {} }, gets: 'WARN' },
    good: returns('clock.wrong').good,
    bad: refused('clock.wrong').bad,
  },
  'DUT-LIFE-03': {
    good: under('refused.other', ...j.down(1), j.wait(9), ...j.up(2), j.released('refused.other')),
    bad: under(
      'refused.other',
      ...Array.from({ length: 32 }, (_, at) => [...j.down(at + 1), j.wait(1), ...j.up(at + 2)]).flat(),
      j.released('refused.other'),
    ),
    gets: 'WARN',
  },
  'DUT-NET-03': {
    good: under(
      'dns.moves',
      ...[...j.down(1), j.wait(9), { type: 'relayed', peer: '192.0.2.1:2' } as const, ...j.up(2)],
      j.released('dns.moves'),
    ),
    bad: under('dns.moves', ...j.down(1), j.wait(9), ...j.up(2), ...inVain),
    gets: 'WARN',
  },
  'DUT-NET-04': { ...returns('dns.fails'), gets: 'WARN' },
  'DUT-NET-05': {
    good: under(
      'tcp.silent',
      ...[...j.down(1), j.dialled(2), j.fault('tls.stall'), j.wait(20), j.dialled(3)],
    ),
    bad: under('tcp.silent', ...j.down(1), j.dialled(2), j.fault('tls.stall'), ...inVain),
    gets: 'WARN',
  },
  'DUT-CONN-10': {
    good: withheld('connack.withheld', 'mqtt.connack.withhold', j.wait(20), ...j.up(2)),
    bad: withheld('connack.withheld', 'mqtt.connack.withhold', ...inVain),
  },
  'DUT-PROT-10': {
    good: silence('pingresp.missing', 15),
    bad: under('pingresp.missing', j.released('pingresp.missing'), j.bare(1, 'pingreq'), ...inVain),
    gets: 'WARN',
  },
  'DUT-PROT-13': {
    good: withheld('suback.withheld', 'mqtt.suback.withhold', j.wait(20), j.subscribe(1)),
    bad: withheld('suback.withheld', 'mqtt.suback.withhold', ...inVain),
  },
  'DUT-PROT-14': {
    good: withheld('malformed', 'mqtt.puback.malformed', ...j.down(1), j.wait(3), ...j.up(2)),
    bad: withheld('malformed', 'mqtt.puback.malformed', ...inVain),
  },
  'DUT-BACK-01': { good: bothSeries(GROWING), bad: bothSeries([1, 1, 1, 1, 1, 1]) },
  'DUT-BACK-02': {
    good: bothSeries(GROWING, [1.4, 2.6, 5, 9, 17, 30]),
    bad: bothSeries(GROWING),
    gets: 'WARN',
  },
  'DUT-BACK-03': {
    good: bothSeries(GROWING),
    bad: bothSeries(Array.from({ length: 40 }, () => 0.1)),
  },
  'DUT-BACK-04': { good: atOnce(2), bad: atOnce(0) },
  'DUT-BACK-05': {
    good: lossAfter(bothSeries(GROWING), 1),
    bad: lossAfter(bothSeries(GROWING), 32),
    gets: 'WARN',
  },
}
