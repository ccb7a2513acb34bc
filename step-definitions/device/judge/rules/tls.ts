/** Rules about TLS: what the device offers, whom it trusts, and what it shows to a stranger. */

import { during, missing, rule, type Rule } from '../helpers.ts'
import { secondsBetween, type Dial, type View, type Window } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'

/** ECDHE-RSA with AES-GCM, and the same for ECDSA, as IANA numbers them; the suites of TLS 1.3. */
const RECOMMENDED = new Set(['0xc02f', '0xc030', '0xc02b', '0xc02c', '0x1301', '0x1302', '0x1303'])
/** Accepted by the service and not recommended: ECDHE with CBC. */
const CBC = new Set(['0xc027', '0xc028', '0xc023', '0xc024', '0xc013', '0xc014', '0xc009', '0xc00a'])
/** Signals, no suites. */
const SIGNALS = new Set(['0x00ff', '0x5600'])
const isGrease = (suite: string): boolean => /^0x([0-9a-f])a\1a$/.test(suite)

/** Attempts of the device that met a fault within a window. */
function deceived(view: View, { begun, over }: Window, names: readonly string[]): readonly Dial[] {
  return view.dials.filter(
    ({ fault }) =>
      fault !== undefined &&
      names.includes(fault.name) &&
      fault.seq >= begun.seq &&
      fault.seq <= (over?.seq ?? Infinity),
  )
}

const NO_ALERT = 'the attempt was closed without an alert'

/** What a stranger was shown. */
function shownTo({ entry, ended, link, fault }: Dial): Judgement | undefined {
  const said = link?.packets.find(({ way }) => way === 'in')
  const refused = link?.refusals[0]
  if (said !== undefined)
    return fail(
      'CONNECT reached a server that is not the hub: the password was shown to a stranger',
      citing(fault, entry, said),
    )
  if (refused !== undefined)
    return fail('data reached a server that is not the hub', citing(fault, entry, refused))
  if (ended === undefined) return undefined
  if (ended.finished)
    return warn('the handshake was finished, and then closed without data', citing(fault, entry, ended))
  return ended.alert === undefined
    ? warn(NO_ALERT, citing(fault, entry, ended))
    : pass(`refused with the alert ${ended.alert}`, citing(fault, entry, ended))
}

const stranger = (id: string, provocation: string, ...faults: readonly string[]): Rule =>
  rule(id, (view) =>
    during(view, provocation, (window) => {
      const judged = faults.map((fault) => {
        const attempts = deceived(view, window, [fault])
        const all = attempts.flatMap((dial) => shownTo(dial) ?? [])
        // A reset overtakes an alert now and then: whoever has sent it once sends it.
        const hasAlert = all.some(({ word }) => word === 'PASS')
        const each = hasAlert ? all.filter(({ why }) => why !== NO_ALERT) : all
        return each.length === 0
          ? inconclusive(`no attempt met ${fault}`, citing(window.struck))
          : worst(each)
      })
      return worst(judged)
    }),
  )

/** The device connects although the server shows something unusual. */
const accepts = (
  view: View,
  provocation: string,
  faults: readonly string[],
  refusedIs: 'FAIL' | 'WARN',
): Judgement =>
  during(view, provocation, (window) => {
    const attempts = deceived(view, window, faults)
    const good = attempts.find(({ link }) => link?.connected !== undefined)
    if (good !== undefined)
      return pass(
        `connected under ${faults.join(', ')}`,
        citing(window.struck, good.fault, good.link?.connected),
      )
    const [refused] = attempts
    if (refused === undefined) return inconclusive('no attempt met the fault', citing(window.struck))
    const cites = citing(window.struck, refused.fault, refused.entry, refused.ended)
    const how = refused.ended?.alert ?? refused.ended?.code ?? 'no handshake'
    return (refusedIs === 'FAIL' ? fail : warn)(`did not connect: ${how}`, cites)
  })

export const TLS_RULES: readonly Rule[] = [
  rule('DUT-TLS-01', (view) => {
    const opened = view.links.filter(({ connect, entry }) => connect !== undefined && entry.tls !== undefined)
    if (opened.length > 0)
      return pass(
        `TLS was completed, and CONNECT followed`,
        citing(opened.map(({ entry, connect }) => [entry.seq, connect?.seq]).flat()),
      )
    // What follows may be no CONNECT that the hub can read: other rows judge that.
    const refused = view.links.find(({ refusals, entry }) => refusals.length > 0 && entry.tls !== undefined)
    if (refused !== undefined)
      return pass('TLS was completed, and data followed', citing(refused.entry, refused.refusals))
    if (view.dials.length === 0) return notObserved('the device never dialled')
    const ended = view.of('tls-ended')
    const [first] = ended
    return first === undefined
      ? fail('it dialled and did not begin TLS', citing(view.dials.map(({ entry }) => entry)))
      : fail(
          first.finished
            ? 'TLS was completed, and no CONNECT followed'
            : `the handshake failed: ${first.code ?? ''}`,
          citing(ended),
        )
  }),
  rule('DUT-TLS-02', (view) => {
    const ended = view.of('tls-ended').filter(({ finished }) => finished)
    const hellos = view.of('tls-hello').filter(({ offer }) => offer !== undefined)
    const known = ['TLSv1.2', 'TLSv1.3']
    const low = hellos.filter(
      ({ offer }) => offer !== undefined && !offer.versions.some((version) => known.includes(version)),
    )
    const old = ended.filter(({ version = '' }) => !known.includes(version))
    if (low[0] !== undefined)
      return fail(`it offers ${low[0].offer?.versions.join(', ') ?? ''} at most`, citing(low))
    if (old[0] !== undefined) return fail(`${old[0].version ?? ''} was negotiated`, citing(old))
    if (ended.length === 0) return notObserved('no handshake was completed')
    const also = hellos.filter(
      ({ offer }) => offer?.versions.some((version) => !known.includes(version)) === true,
    )
    if (also[0] !== undefined)
      return warn(`it still offers ${also[0].offer?.versions.join(', ') ?? ''}`, citing(also))
    return pass('TLS 1.2 or later on every connection', citing(ended))
  }),
  rule('DUT-TLS-03', (view) => {
    const hellos = view.of('tls-hello').filter(({ offer }) => offer !== undefined)
    const [first] = hellos
    if (first?.offer === undefined) return notObserved('no ClientHello was read')
    const judged = hellos.map((hello) => {
      const suites = (hello.offer?.suites ?? []).filter((suite) => !SIGNALS.has(suite) && !isGrease(suite))
      const cites = citing(hello)
      if (!suites.some((suite) => RECOMMENDED.has(suite)))
        return suites.some((suite) => CBC.has(suite))
          ? warn('it offers ECDHE with CBC alone', cites)
          : fail('it offers no recommended suite', cites)
      const others = suites.filter((suite) => !RECOMMENDED.has(suite) && !CBC.has(suite))
      return others.length === 0
        ? pass('it offers recommended suites', cites)
        : warn(
            `it offers ${String(others.length)} suites beyond the lists of the service, such as ${others[0] ?? ''}`,
            cites,
          )
    })
    return worst(judged)
  }),
  rule('DUT-TLS-04', (view) => accepts(view, 'tls.recommended_suites', ['tls.cipher_allowlist'], 'FAIL')),
  rule('DUT-TLS-05', (view) => {
    const hellos = view.of('tls-hello').filter(({ offer }) => offer !== undefined)
    if (hellos.length === 0) return notObserved('no ClientHello was read')
    const { hostName } = view.header
    const other = hellos.find(({ offer }) => offer?.serverName?.toLowerCase() !== hostName.toLowerCase())
    return other === undefined
      ? pass(`Server Name Indication names ${hostName}`, citing(hellos))
      : warn(
          other.offer?.serverName === undefined
            ? 'there is no Server Name Indication'
            : `it names ${other.offer.serverName}`,
          citing(other),
        )
  }),
  stranger('DUT-TLS-06', 'tls.unknown_ca', 'tls.unknown_ca'),
  stranger('DUT-TLS-07', 'tls.wrong_name', 'tls.wrong_name'),
  rule('DUT-TLS-08', (view) => {
    const judged = stranger('DUT-TLS-08', 'tls.dates', 'tls.expired', 'tls.not_yet_valid').judge(view)
    return judged.word === 'FAIL' && !view.file.limits.clock
      ? warn('it has no clock, and does not look at dates', judged.cites)
      : judged
  }),
  rule('DUT-TLS-09', (view) =>
    during(view, 'tls.old_protocol', (window) => {
      const attempts = deceived(view, window, ['tls.old_protocol'])
      if (attempts.length === 0) return inconclusive('no attempt met the old protocol', citing(window.struck))
      const came = attempts.find(({ ended }) => ended?.finished === true)
      if (came !== undefined)
        return fail(
          `${came.ended?.version ?? 'TLS 1.1'} was accepted`,
          citing(came.fault, came.entry, came.ended),
        )
      return pass(
        'no link came about',
        citing(attempts.flatMap(({ fault, entry }) => [fault?.seq, entry.seq])),
      )
    }),
  ),
  rule('DUT-TLS-10', (view) => {
    const names = ['tls.unknown_ca', 'tls.wrong_name', 'tls.dates', 'tls.old_protocol']
    return worst(
      names.map((name) =>
        during(view, name, (window) => {
          const { released, struck } = window
          const from = released ?? struck
          const link = view.links.find(
            ({ connected }) =>
              from !== undefined &&
              (connected?.seq ?? 0) > (struck?.seq ?? 0) &&
              (connected?.seq ?? Infinity) <= (window.over?.seq ?? 0),
          )
          if (link?.connected === undefined)
            return missing(view, window, `it did not come back after ${name}`)
          return pass('it came back by itself each time', citing(struck, link.connected))
        }),
      ),
    )
  }),
  rule('DUT-TLS-11', (view) =>
    worst([
      accepts(view, 'tls.rotated', ['tls.rotated'], 'FAIL'),
      ...(view.file.roots < 2 ? [] : [accepts(view, 'tls.other_root', ['tls.other_root'], 'FAIL')]),
    ]),
  ),
  rule('DUT-TLS-12', (view) =>
    worst([
      accepts(view, 'tls.long_chain', ['tls.oversized_chain'], 'FAIL'),
      accepts(view, 'tls.many_names', ['tls.many_names'], 'WARN'),
    ]),
  ),
  rule('DUT-TLS-14', (view) =>
    during(view, 'tls.alert', (window) => {
      const attempts = deceived(view, window, ['tls.alert'])
      const times = view.dials.filter(
        ({ entry }) =>
          entry.seq >= (attempts[0]?.entry.seq ?? Infinity) && entry.seq <= (window.over?.seq ?? Infinity),
      )
      if (times.length < 2)
        return attempts.length === 0
          ? inconclusive('no attempt met the alert', citing(window.struck))
          : missing(view, window, 'no other attempt came')
      const pauses = times.slice(1).map(({ entry }, at) => secondsBetween(times[at]?.entry ?? entry, entry))
      const cites = citing(
        attempts.map(({ fault }) => fault),
        times.map(({ entry }) => entry),
      )
      const shortest = Math.min(...pauses)
      return shortest < 1
        ? warn(`another attempt after ${shortest.toFixed(2)} s`, cites, { pauses })
        : pass(`pauses of ${shortest.toFixed(1)} s and more`, cites, { pauses })
    }),
  ),
  rule('DUT-TLS-15', (view) => {
    if (view.file.auth.kind !== 'x509') return notObserved('the device has no certificate')
    const connects = view.connects()
    if (connects.length === 0) return notObserved('no CONNECT was read')
    const beside = connects.find(({ token, password }) => token !== undefined || password === true)
    if (beside !== undefined) return warn('a password is sent beside the certificate', citing(beside))
    const accepted = connects.filter(({ link }) => view.linkOf(link)?.connected !== undefined)
    return accepted.length === 0
      ? fail('no link was opened by the certificate', citing(connects))
      : pass('the certificate was shown, and no password', citing(connects))
  }),
]
