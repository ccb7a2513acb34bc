/** Rules about the twin. */

import type { EntryOf, PacketEntry } from '../../recording/entries.ts'
import { comesBack, contains, during, jsonOf, missing, rule, type Rule } from '../helpers.ts'
import { secondsBetween, type Link, type Publish, type View, type Window } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'
import { alsoAlive } from './messages.ts'

const GET = '$iothub/twin/GET/'
const PATCH = '$iothub/twin/PATCH/properties/reported/'
const ANSWER = '$iothub/twin/res/'
const DESIRED = '$iothub/twin/PATCH/properties/desired/#'

const asked = (view: View): readonly Publish[] =>
  view.publishes().filter(({ topic }) => topic.startsWith(GET) || topic.startsWith(PATCH))

const ridOf = ({ topic }: Publish): string => /\$rid=([^&]+)/.exec(topic)?.[1] ?? ''

function expected(view: View, window: Window, key: string): readonly EntryOf<'service'>[] {
  return view.of('service', window.entries).filter((one) => one.what === 'expect' && one.key === key)
}

/** The reported patch that has these values. */
function echoOf(view: View, { seq, detail }: EntryOf<'service'>, until: number): Publish | undefined {
  return view
    .publishes()
    .find(
      (one) =>
        one.seq > seq &&
        one.seq <= until &&
        one.topic.startsWith(PATCH) &&
        (detail === null || contains(jsonOf(one.text), detail)),
    )
}

/** The last expected echo of a window has come. */
function echoed(view: View, window: Window, good: string, within: number): Judgement {
  const wanted = expected(view, window, 'echo').at(-1)
  if (wanted === undefined) return inconclusive('nothing was changed', citing(window.begun))
  const seen = echoOf(view, wanted, window.over?.seq ?? Infinity)
  if (seen === undefined) {
    // Without a declared echo the device need not report.
    if (wanted.detail === null)
      return notObserved('the device file says of no echo (does.twin.desired.echoed)')
    return missing(view, window, 'the change was not reported back', wanted)
  }
  const from = window.released !== undefined && window.released.at > wanted.at ? window.released : wanted
  const seconds = Math.max(0, secondsBetween(from, seen))
  return (seconds > within ? warn : pass)(
    `${good} after ${seconds.toFixed(1)} s`,
    citing(window.struck, wanted, seen),
    { seconds },
  )
}

export const TWIN: readonly Rule[] = [
  rule('DUT-TWIN-01', (view) => {
    const first = view.links.flatMap((link) => {
      const ask = link.packets.find(
        (packet): packet is Publish =>
          packet.cmd === 'publish' &&
          packet.way === 'in' &&
          (packet.topic.startsWith(GET) || packet.topic.startsWith(PATCH)),
      )
      return ask === undefined ? [] : [{ link, ask }]
    })
    const [one] = first
    if (one === undefined) return notObserved('the device never asked for its twin')
    let subscribed = false
    for (const link of view.links) {
      if (link.connack?.code === 0 && !link.connack.present) subscribed = false
      for (const packet of link.packets) {
        if (packet.cmd === 'subscribe' && packet.filters.some(({ topic }) => topic.startsWith(ANSWER)))
          subscribed = true
        if (
          packet.cmd === 'publish' &&
          packet.way === 'in' &&
          (packet.topic.startsWith(GET) || packet.topic.startsWith(PATCH)) &&
          !subscribed
        )
          return fail(
            'the twin was asked before its answers were subscribed to',
            citing(link.connected, packet),
          )
      }
    }
    return pass(
      'it subscribes to answers before it asks',
      citing(
        first.map(({ ask }) => ask),
        view.packets().filter(({ cmd }) => cmd === 'subscribe'),
      ),
    )
  }),
  rule('DUT-TWIN-02', (view) =>
    during(view, 'twin.desired', (window) =>
      echoed(view, window, 'reported', view.file.does.twin?.desired?.withinSeconds ?? 15),
    ),
  ),
  rule('DUT-TWIN-03', (view) => {
    if (view.file.does.twin?.desired === undefined)
      return notObserved('the device does not claim desired properties')
    const { settleSeconds, lateBackSeconds } = view.numbers
    // A link that is taken away soon gives no time to ask.
    const lived = view.links.flatMap((link) => {
      const { connected, closed } = link
      const end = closed ?? view.entries.at(-1)
      const seconds = connected === undefined || end === undefined ? 0 : secondsBetween(connected, end)
      return seconds < settleSeconds ? [] : [{ link, seconds, get: twinRead(link) }]
    })
    if (lived.length === 0) return notObserved('no link lived')
    const deaf = lived.filter(({ get }) => get === undefined)
    const neverAgain = deaf.length >= 2 && deaf.length >= lived.length - 1
    const long = deaf.find(
      ({ link, seconds }) => neverAgain || (seconds >= lateBackSeconds && !disturbed(view, link)),
    )
    if (long !== undefined)
      return fail(
        `it does not read its twin on a connection that lives ${long.seconds.toFixed(0)} s`,
        citing(long.link.connected, long.link.closed),
      )
    const judged = lived.flatMap(({ link, get }): readonly Judgement[] => {
      if (get === undefined) return []
      const subscribe = link.packets.find(
        (packet) => packet.cmd === 'subscribe' && packet.filters.some(({ topic }) => topic === DESIRED),
      )
      return subscribe !== undefined && subscribe.seq > get.seq
        ? [warn('it reads its twin before it subscribes to changes', citing(get, subscribe))]
        : [pass('it reads its twin on each connection, after it has subscribed', citing(link.connected, get))]
    })
    return judged.length === 0 ? notObserved('every link was disturbed') : worst(judged)
  }),
  rule('DUT-TWIN-04', (view) =>
    during(view, 'twin.away', (window) => {
      const judged = echoed(view, window, 'taken up', 60)
      if (
        judged.word === 'FAIL' &&
        window.struck !== undefined &&
        comesBack(view, window, window.struck) === undefined
      )
        return missing(view, window, 'it did not come back')
      return judged
    }),
  ),
  rule('DUT-TWIN-05', (view) =>
    during(view, 'twin.older', (window) => {
      const [older] = expected(view, window, 'no echo')
      const last = expected(view, window, 'echo').at(-1)
      if (older === undefined || last === undefined)
        return inconclusive('no older notification was sent', citing(window.struck))
      if (older.detail === null) return notObserved('the device file says of no echo')
      const taken = echoOf(view, older, last.seq)
      const right = echoOf(view, last, window.over?.seq ?? Infinity)
      if (taken === undefined)
        return right === undefined
          ? inconclusive('the device reports nothing at all', citing(window.struck, older, window.over))
          : pass('an older notification is not taken over', citing(window.struck, older, right))
      return (right === undefined ? fail : warn)(
        'an older notification was taken over',
        citing(older, taken, right),
      )
    }),
  ),
  rule('DUT-TWIN-06', (view) =>
    during(view, 'twin.removed', (window) =>
      alsoAlive(view, 'twin.removed', echoed(view, window, 'the next change was reported', 60)),
    ),
  ),
  rule('DUT-TWIN-07', (view) => {
    const patches = view.publishes().filter(({ topic }) => topic.startsWith(PATCH))
    if (patches.length === 0)
      return view.file.does.twin?.reported === true && view.of('connected').length > 0
        ? fail('no property was ever reported', citing(view.entries.at(-1)))
        : notObserved('the device reports nothing')
    const judged = patches.flatMap((patch) => {
      const answer = view.linkOf(patch.link)?.packets.find(
        (packet): packet is Publish =>
          packet.cmd === 'publish' &&
          packet.way === 'out' &&
          packet.topic.startsWith(ANSWER) &&
          ridOf(packet) === ridOf(patch) &&
          // Of a request for the document under the same id.
          !packet.topic.startsWith(`${ANSWER}200/`) &&
          packet.seq > patch.seq,
      )
      const status = answer === undefined ? undefined : Number(answer.topic.split('/')[3])
      // 429 comes by order of the suite.
      if (answer === undefined || status === 429) return []
      return [
        status === 204
          ? pass('every patch was taken', citing(patch, answer))
          : fail(`a patch was answered ${String(status)}: ${patch.text ?? ''}`, citing(patch, answer)),
      ]
    })
    if (judged.length === 0) return inconclusive('no patch was answered', citing(patches))
    for (const [at, patch] of patches.entries()) {
      const later = patches[at + 60]
      if (later !== undefined && secondsBetween(patch, later) < 60)
        return worst([...judged, warn('more than one patch a second for a minute', citing(patch, later))])
    }
    return worst(judged)
  }),
  rule('DUT-TWIN-08', (view) =>
    during(view, 'twin.throttled', (window) => {
      const refused = view.deliveries(window.entries).filter(({ topic }) => topic.startsWith(`${ANSWER}429`))
      const [first] = refused
      const patch =
        first &&
        view.publishes(window.entries).findLast((one) => one.seq < first.seq && ridOf(one) === ridOf(first))
      if (first === undefined || patch === undefined)
        return inconclusive('no patch was refused', citing(window.struck))
      const wanted = jsonOf(patch.text)
      const again = view
        .publishes(window.entries)
        .find(
          (one) => one.seq > first.seq && one.topic.startsWith(PATCH) && contains(jsonOf(one.text), wanted),
        )
      if (again === undefined)
        return warn('a patch that was refused is never sent again', citing(patch, first, window.over))
      const seconds = secondsBetween(first, again)
      return (seconds < 1 ? fail : pass)(
        `again after ${seconds.toFixed(1)} s`,
        citing(window.struck, patch, first, again),
        { seconds },
      )
    }),
  ),
  rule('DUT-TWIN-09', (view) =>
    during(view, 'twin.withheld', (window) => {
      const fired = view
        .of('fault', window.entries)
        .filter(
          ({ name, phase }) => /^twin\.response\.(withhold|unknown_rid)$/.test(name) && phase === 'fired',
        )
      const [first] = fired
      if (first === undefined) return inconclusive('no answer was withheld', citing(window.struck))
      return worst(
        fired.map((fault) => {
          const lost = view
            .publishes(window.entries)
            .findLast(({ seq, topic }) => seq < fault.seq && topic.startsWith('$iothub/twin/'))
          const next = view
            .publishes()
            .find(
              (one) =>
                one.seq > fault.seq &&
                (lost === undefined ||
                  (one.topic.split('?')[0] === lost.topic.split('?')[0] &&
                    (lost.text ?? '') === (one.text ?? ''))) &&
                one.topic.startsWith('$iothub/twin/') &&
                one.seq <= (window.over?.seq ?? Infinity),
            )
          if (next === undefined)
            return missing(
              view,
              window,
              'a request that was never answered is not asked again',
              window.struck,
            )
          const seconds = secondsBetween(fault, next)
          const other = lost !== undefined && next.link !== lost.link
          return (other || seconds > 120 ? warn : pass)(
            other ? 'asked again after a reconnection' : `asked again after ${seconds.toFixed(0)} s`,
            citing(fault, lost, next),
            { seconds },
          )
        }),
      )
    }),
  ),
  rule('DUT-TWIN-10', (view) => {
    const requests = asked(view)
    if (requests.length === 0) return notObserved('the device never asked for its twin')
    const judged = view.links.flatMap((link) => {
      const open = new Map<string, Publish>()
      let last: Publish | undefined
      const bad: Judgement[] = []
      for (const packet of link.packets) {
        if (packet.cmd !== 'publish') continue
        const rid = ridOf(packet)
        if (packet.way === 'in' && (packet.topic.startsWith(GET) || packet.topic.startsWith(PATCH))) {
          const twice = open.get(rid)
          // A request that was never answered may be asked again under its number.
          const isAgain = twice !== undefined && twice.topic === packet.topic && twice.hash === packet.hash
          if (twice !== undefined && !(isAgain && secondsBetween(twice, packet) >= 1))
            bad.push(fail(`$rid ${rid} stands for two requests at once`, citing(twice, packet)))
          else if (last !== undefined && ridOf(last) === rid && !isAgain)
            bad.push(warn(`$rid ${rid} is used for one request after the other`, citing(last, packet)))
          open.set(rid, packet)
          last = packet
        } else if (packet.way === 'out' && packet.topic.startsWith(ANSWER)) open.delete(rid)
      }
      return bad
    })
    return judged.length > 0 ? worst(judged) : pass('request ids are unique', citing(requests))
  }),
  rule('DUT-TWIN-11', (view) =>
    during(view, 'twin.big', (window) => {
      const judged = alsoAlive(view, 'twin.big', echoed(view, window, 'the next change was reported', 60))
      const gone = view.of('disconnected', window.entries)
      return judged.word === 'PASS' && gone.length > 0
        ? warn('it reconnected', citing(judged.cites, gone))
        : judged
    }),
  ),
]

const twinRead = ({ packets }: Link): PacketEntry | undefined =>
  packets.find((packet) => packet.cmd === 'publish' && packet.way === 'in' && packet.topic.startsWith(GET))

/** A fault struck what the device sends or gets on this link. */
const disturbed = (view: View, { connected }: Link): boolean =>
  /^(suback|pingresp|bytes|throttled|quota|malformed)/.test(view.windowAt(connected?.seq ?? 0)?.name ?? '')
