/** Rules about servers that are not the hub, and certificates that are. */

import * as j from '../journal.ts'
import { inVain, under, type Case, type Cases } from './case.ts'

const refusedWith = (link: number, fault: string): j.Journal => [
  ...[j.dialled(link), j.fault(fault), j.hello(link)],
  j.ended(link, { finished: false, alert: 'unknown_ca', code: 'X' }),
]
const shown = (link: number, fault: string): j.Journal => [
  ...[j.dialled(link), j.fault(fault), j.hello(link), j.ended(link), ...j.opened(link).slice(3)],
  j.connect(link),
]
const backOn = (link: number): j.Journal => [j.wait(5), ...j.up(link), ...j.telemetry(link, 2)]
const back = backOn(9)
const stranger = (name: string, ...faults: readonly string[]): Case => ({
  good: under(
    name,
    ...j.down(1),
    ...faults.flatMap((one, at) => refusedWith(at + 2, one)),
    j.released(name),
    ...back,
  ),
  bad: under(
    name,
    ...j.down(1),
    ...faults.flatMap((one, at) => shown(at + 2, one)),
    j.released(name),
    ...back,
  ),
})
const accepted = (link: number, fault: string): j.Journal => [
  ...[j.dialled(link), j.fault(fault), ...j.up(link).slice(1)],
]
const accepts = (names: readonly (readonly [name: string, fault: string])[]): Case => {
  const all = (one: typeof accepted): j.Journal => [
    ...[...j.up(1), ...j.telemetry(1, 1), j.wait(20)],
    ...names.flatMap(([name, fault], at) => [
      ...[j.begun(name), j.struck(name), ...j.down(at + 1), ...one(at + 2, fault)],
      ...[j.released(name), j.wait(5), ...j.up(at + 2), ...j.telemetry(at + 2, 2), j.over(name), j.wait(20)],
    ]),
  ]
  return { good: all(accepted), bad: all(refusedWith) }
}

/** One stranger after the other. @param after the last of them. */
const afterStrangers = (after: (link: number) => j.Journal): j.Journal => [
  ...[...j.up(1), ...j.telemetry(1, 1), j.wait(20)],
  ...['tls.unknown_ca', 'tls.wrong_name', 'tls.dates', 'tls.old_protocol'].flatMap((name, at, names) => {
    const [link, next] = [at === 0 ? 1 : at + 10, at + 11]
    const comes = at === names.length - 1 ? after(next) : backOn(next)
    return [
      ...[j.begun(name), j.struck(name), ...j.down(link), ...refusedWith(at + 20, name), j.released(name)],
      ...[...comes, j.over(name), j.wait(20)],
    ]
  }),
]

export const TLS_CASES: Cases = {
  'DUT-TLS-04': accepts([['tls.recommended_suites', 'tls.cipher_allowlist']]),
  'DUT-TLS-06': stranger('tls.unknown_ca', 'tls.unknown_ca'),
  'DUT-TLS-07': stranger('tls.wrong_name', 'tls.wrong_name'),
  'DUT-TLS-08': stranger('tls.dates', 'tls.expired', 'tls.not_yet_valid'),
  'DUT-TLS-09': stranger('tls.old_protocol', 'tls.old_protocol'),
  'DUT-TLS-10': { good: afterStrangers(backOn), bad: afterStrangers(() => inVain) },
  'DUT-TLS-11': accepts([
    ['tls.rotated', 'tls.rotated'],
    ['tls.other_root', 'tls.other_root'],
  ]),
  'DUT-TLS-12': {
    ...accepts([
      ['tls.long_chain', 'tls.oversized_chain'],
      ['tls.many_names', 'tls.many_names'],
    ]),
    gets: 'WARN',
  },
  'DUT-TLS-14': {
    good: under(
      'tls.alert',
      ...j.down(1),
      ...refusedWith(2, 'tls.alert'),
      j.wait(2),
      ...refusedWith(3, 'tls.alert'),
    ),
    bad: under(
      'tls.alert',
      ...j.down(1),
      ...refusedWith(2, 'tls.alert'),
      j.wait(0.1),
      ...refusedWith(3, 'tls.alert'),
    ),
    gets: 'WARN',
  },
}
