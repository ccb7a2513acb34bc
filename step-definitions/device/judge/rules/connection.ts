/** Rules about reaching the hub: names and ports. */

import { backAgain, during, missing, rule, type Rule } from '../helpers.ts'
import { TTL_SECONDS } from '../../network/dns.ts'
import { secondsBetween } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst } from '../words.ts'

export const CONNECTION: readonly Rule[] = [
  rule('DUT-NET-01', (view) =>
    during(view, 'start', (window) => {
      const { ports } = view.header
      const right = view.dials.find(({ entry }) => entry.port === ports.mqtt || entry.port === ports.https)
      const { struck, over } = window
      if (struck === undefined || over === undefined) return inconclusive('the start did not end')
      if (right === undefined) {
        const probe = view.of('probe', window.entries).at(-1)
        return probe?.ok === true
          ? fail(
              'no connection arrived at a port of the hub, though the way was open',
              citing(struck, over, probe),
            )
          : inconclusive(
              'no connection arrived, and the way was not proven open',
              citing(struck, over, probe),
            )
      }
      const seconds = secondsBetween(struck, right.entry)
      const cites = citing(struck, right.entry)
      const figures = { secondsToDial: seconds }
      if (seconds > view.numbers.lateBackSeconds)
        return warn(`the first connection came after ${seconds.toFixed(0)} s`, cites, figures)
      return pass(
        `connected to port ${String(right.entry.port)} after ${seconds.toFixed(1)} s`,
        cites,
        figures,
      )
    }),
  ),
  rule('DUT-NET-02', (view) => {
    const decoys = view.of('decoy')
    const clear = view.of('tls-hello').filter(({ clear: bytes }) => bytes !== undefined)
    const [spoken] = [...decoys.filter(({ bytes }) => bytes > 0), ...clear]
    if (spoken !== undefined)
      return fail(
        spoken.type === 'decoy'
          ? `${String(spoken.bytes)} bytes came in clear to port ${String(spoken.port)}`
          : 'bytes came without TLS to a port of the hub',
        citing(spoken),
      )
    const [touched] = decoys
    if (touched !== undefined)
      return warn(`port ${String(touched.port)} was opened, and nothing was said`, citing(touched))
    const hellos = view.of('tls-hello')
    return hellos.length === 0
      ? notObserved('the device never connected')
      : pass('every connection began with TLS', citing(hellos))
  }),
  rule('DUT-NET-03', (view) =>
    during(view, 'dns.moves', (window) => {
      const { struck } = window
      const peers = new Set(view.of('relayed', window.entries).map(({ peer }) => peer))
      const there = view.connectedIn(window).find(({ entry }) => peers.has(entry.peer))
      if (struck === undefined || there?.connected === undefined)
        return missing(view, window, 'it did not dial the second address', struck)
      const seconds = secondsBetween(struck, there.connected)
      const { patienceSeconds } = view.file.limits
      return (seconds <= TTL_SECONDS + patienceSeconds ? pass : warn)(
        `connected at the second address after ${seconds.toFixed(0)} s`,
        citing(struck, there.connected),
        { seconds },
      )
    }),
  ),
  rule('DUT-NET-04', (view) =>
    worst([
      backAgain(view, 'dns.fails', view.file.limits.patienceSeconds),
      during(view, 'dns.fails', ({ struck, released, entries }) => {
        const asked = view
          .of('dns', entries)
          .filter(({ seq }) => seq >= (struck?.seq ?? 0) && seq < (released?.seq ?? Infinity))
        const seconds = struck === undefined || released === undefined ? 0 : secondsBetween(struck, released)
        const why = `${String(asked.length)} questions in ${seconds.toFixed(0)} s while the name did not resolve`
        return (asked.length > seconds ? warn : pass)(why, citing(asked), { questions: asked.length })
      }),
    ]),
  ),
  rule('DUT-NET-05', (view) =>
    during(view, 'tcp.silent', (window) => {
      const silent = view.dials.find(
        ({ fault }) => fault?.name === 'tls.stall' && fault.seq >= window.begun.seq,
      )
      if (silent === undefined)
        return inconclusive('the silent connection is not there', citing(window.struck))
      const next = view.dials.find(({ entry }) => entry.seq > silent.entry.seq)
      const over = window.over?.seq ?? Infinity
      if (next === undefined || next.entry.seq > over)
        return missing(view, window, 'the silent attempt was not given up')
      const seconds = secondsBetween(silent.entry, next.entry)
      const cites = citing(silent.entry, silent.fault, next.entry)
      const why = `another attempt after ${seconds.toFixed(0)} s`
      if (seconds > 300) return fail(why, cites, { seconds })
      return seconds > 120 ? warn(why, cites, { seconds }) : pass(why, cites, { seconds })
    }),
  ),
]

/** Provocations during which a link is there and carries nothing, or little. */
const HALF_DEAD: readonly string[] = [
  ...['loss.silence', 'pingresp.missing', 'loss.often', 'loss.half_close', 'loss.network', 'bytes.slow'],
]

export const CONNECT_PACKET: readonly Rule[] = [
  rule('DUT-CONN-01', (view) => {
    if (view.links.length === 0) return notObserved('no link was opened')
    const wrong = view
      .of('refusal')
      .find(({ received }) =>
        /\bMQTT (3\.1\b(?!\.1)|5)|MQIsdp|level|before CONNECT|no CONNECT/i.test(received),
      )
    const other = view.links.find(({ packets }) => packets[0] !== undefined && packets[0].cmd !== 'connect')
    if (other?.packets[0] !== undefined)
      return fail(`the first packet was ${other.packets[0].cmd}`, citing(other.packets[0]))
    const connects = view.connects()
    if (wrong !== undefined) return fail(`CONNECT was not of MQTT 3.1.1: ${wrong.received}`, citing(wrong))
    return connects.length === 0
      ? notObserved('no CONNECT was read')
      : pass('each link began with CONNECT of MQTT 3.1.1', citing(connects))
  }),
  rule('DUT-CONN-02', (view) =>
    eachConnect(view, `the client id is ${view.identity}`, ({ clientId, seq }) =>
      clientId === view.identity
        ? undefined
        : fail(`the client id is ${clientId}, not ${view.identity}`, [seq]),
    ),
  ),
  rule('DUT-CONN-03', (view) =>
    eachConnect(view, 'host, id and api-version are as documented', ({ username, seq }) => {
      const [, host = '', id = '', query, older = ''] =
        /^([^/]+)\/(.+?)(?:\/?\?(.*)|\/(api-version=.*))?$/.exec(username) ?? []
      const wanted = view.identity
      if (host.toLowerCase() !== view.header.hostName.toLowerCase())
        return fail(`the user name names the host ${host}`, [seq])
      if (id.replace(/\/$/, '') !== wanted) return fail(`the user name names ${id}, not ${wanted}`, [seq])
      const version = new URLSearchParams(query ?? older).get('api-version')
      if (version === null) return warn('the user name has no api-version', [seq])
      if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version))
        return fail(`api-version=${version} is no version`, [seq])
      if (version < '2018-06-30') return warn(`api-version ${version} is older than 2018-06-30`, [seq])
      return older === '' ? undefined : warn('there is no ? before api-version', [seq])
    }),
  ),
  rule('DUT-CONN-04', (view) => {
    if (view.file.auth.kind !== 'sas') return notObserved('the device has a certificate, no key')
    const tokens = view.connects().filter(({ token }) => token !== undefined)
    if (tokens.length === 0) {
      const [other] = view.connects()
      return other === undefined
        ? notObserved('no CONNECT was read')
        : fail('CONNECT has no SAS token', citing(other))
    }
    const wanted = `${view.header.hostName}/devices/${view.eventsRoot}`.toLowerCase()
    // What the suite ordered itself is no fault of the device.
    const provoked = /^(refused\.|token\.|clock\.)/
    const judged = tokens.map((connect) => {
      const { token, seq } = connect
      const sr = (token?.sr ?? '').toLowerCase()
      const host = view.header.hostName.toLowerCase()
      if (!(wanted === sr || wanted.startsWith(`${sr}/`)))
        return fail(`sr=${sr} does not cover the device`, [seq])
      const link = view.linkOf(connect.link)
      // A token is refused for another name in CONNECT too: that is no fault of the token.
      const refused = link?.refusals.find(
        ({ code, received }) => code >= 401_000 && code < 402_000 && !/^(client id|host) /.test(received),
      )
      if (refused !== undefined && !provoked.test(view.windowAt(refused.seq)?.name ?? ''))
        return fail(`the hub refused the token: ${refused.received}`, citing(connect, refused))
      if (sr === host) return warn('sr is the whole hub', [seq])
      const days = ((token?.se ?? 0) * 1000 - connect.at) / 86_400_000
      if (days < 0 && !provoked.test(view.windowAt(seq)?.name ?? ''))
        return fail('the token was over when it was shown', [seq])
      return days > 365 ? warn(`the token lives ${days.toFixed(0)} days`, [seq]) : undefined
    })
    const bad = judged.flatMap((one) => one ?? [])
    // It must have been accepted once: a signature is judged by the hub.
    const accepted = tokens.filter(({ link }) => view.linkOf(link)?.connected !== undefined)
    if (bad.length > 0) return worst(bad)
    return accepted.length === 0
      ? inconclusive('no token was judged by the hub', citing(tokens))
      : pass('each token covers the device, is signed with its key and not over', citing(tokens))
  }),
  rule('DUT-CONN-05', (view) =>
    eachConnect(view, 'the keep-alive can be kept', ({ keepalive, seq }) =>
      keepalive >= 1 && keepalive <= 1177
        ? undefined
        : warn(`the keep-alive is ${String(keepalive)} s`, [seq]),
    ),
  ),
  rule('DUT-CONN-06', (view) =>
    eachConnect(view, 'clean session is 0', ({ clean, seq }) =>
      clean
        ? warn(
            view.file.does.c2d === undefined
              ? 'clean session is 1'
              : 'clean session is 1, though the device takes messages',
            [seq],
          )
        : undefined,
    ),
  ),
  rule('DUT-CONN-07', (view) => {
    const connected = view.links.filter((link) => link.connected !== undefined)
    if (connected.length === 0) return notObserved('the device never connected')
    const findings = connected.flatMap((link) => {
      const next = connected.find((other) => (other.connected?.seq ?? 0) > (link.connected?.seq ?? 0))
      const nextSeq = next?.connected?.seq ?? Infinity
      // Pushed out by this one, not by the suite in between.
      const pushed =
        link.disconnected?.reason === 'taken-over' && Math.abs(nextSeq - link.disconnected.seq) <= 6
      if (next === undefined || !pushed) return []
      const window = view.windowAt(next.connected?.seq ?? 0)
      const halfDead = HALF_DEAD.includes(window?.name ?? '')
      const cites = citing(link.connected, link.disconnected, next.connected)
      return [
        halfDead
          ? warn('a second connection came while the first was half-dead', cites)
          : window?.name === 'refused.other'
            ? warn('the identity was shared by order of the suite', cites)
            : fail('a second connection pushed the first out, which worked', cites),
      ]
    })
    const real = findings.filter(({ why }) => !why.startsWith('the identity'))
    return real.length > 0
      ? worst(real)
      : pass('one connection at a time', citing(connected.map((link) => link.connected)))
  }),
  rule('DUT-CONN-08', (view) => {
    const wills = view.connects().filter(({ will }) => will !== undefined)
    const foreign = view
      .of('refusal')
      .find(({ received, rule: at }) => /will/i.test(received) || at === 'WIRE-CONN-21')
    if (wills.length === 0)
      return foreign === undefined
        ? notObserved('the device sets no will')
        : fail(`the will is refused: ${foreign.received}`, citing(foreign))
    const own = `devices/${view.eventsRoot}/messages/events/`
    return eachConnect(view, 'the will goes to the events topic of the device', ({ will, seq }) => {
      if (will === undefined) return undefined
      if (!will.topic.startsWith(own)) return fail(`the will goes to ${will.topic}`, [seq])
      if (will.qos > 1) return fail(`the will has QoS ${String(will.qos)}`, [seq])
      return will.retain ? warn('the will has RETAIN', [seq]) : undefined
    })
  }),
  rule('DUT-CONN-09', (view) => {
    if (!view.links.some(({ connack }) => connack !== undefined)) return notObserved('no CONNACK was sent')
    const early = view.links.flatMap(({ packets, connack }) =>
      packets.filter(
        ({ way, cmd, seq }) =>
          way === 'in' && cmd !== 'connect' && connack !== undefined && seq < connack.seq,
      ),
    )
    return early[0] === undefined
      ? pass('nothing was sent before CONNACK', citing(view.links.map(({ connack }) => connack)))
      : warn(`${early[0].cmd} was sent before CONNACK`, citing(early[0]))
  }),
  rule('DUT-CONN-10', (view) =>
    during(view, 'connack.withheld', (window) => {
      const fired = view
        .of('fault', window.entries)
        .find(({ name, phase }) => name === 'mqtt.connack.withhold' && phase === 'fired')
      const next = view.connects().find(({ seq }) => fired !== undefined && seq > fired.seq)
      if (fired === undefined) return inconclusive('CONNACK was not withheld', citing(window.struck))
      if (next === undefined || next.seq > (window.over?.seq ?? Infinity))
        return missing(view, window, 'CONNECT did not come again')
      const seconds = secondsBetween(fired, next)
      const cites = citing(fired, next)
      const why = `CONNECT again after ${seconds.toFixed(0)} s`
      if (seconds > 300) return fail(why, cites, { seconds })
      return seconds > 120 ? warn(why, cites, { seconds }) : pass(why, cites, { seconds })
    }),
  ),
  rule('DUT-CONN-11', (view) => backAgain(view, 'connack.unavailable', 300)),
]

type Checked = (
  connect: ReturnType<Parameters<Rule['judge']>[0]['connects']>[number],
) => ReturnType<Rule['judge']> | undefined

function eachConnect(
  view: Parameters<Rule['judge']>[0],
  good: string,
  judge: Checked,
): ReturnType<Rule['judge']> {
  const connects = view.connects()
  if (connects.length === 0) return notObserved('no CONNECT was read')
  const bad = connects.flatMap((connect) => judge(connect) ?? [])
  return bad.length === 0 ? pass(good, citing(connects)) : worst(bad)
}
