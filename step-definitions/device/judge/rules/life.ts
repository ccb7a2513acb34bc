/** Rules about tokens, clocks, and a device that is refused. */

import {
  atPath,
  attempts,
  backAgain,
  busiestMinute,
  comesBack,
  during,
  jsonOf,
  missing,
  rule,
  type Rule,
} from '../helpers.ts'
import { secondsBetween, type Dial, type View, type Window } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'

const dialsWhileRefused = (view: View, { struck, released }: Window): readonly Dial[] =>
  view.dials.filter(
    ({ entry }) => entry.seq > (struck?.seq ?? Infinity) && entry.seq < (released?.seq ?? Infinity),
  )

/** While it is refused it does not hammer. */
const gentle = (view: View, name: string): Judgement =>
  during(view, name, (window) => {
    const { count, dials } = busiestMinute(dialsWhileRefused(view, window))
    const { refusedAttemptsPass, refusedAttemptsFail } = view.numbers
    if (count === 0) return pass('no attempt while it was refused', citing(window.struck, window.released))
    return attempts(
      count,
      refusedAttemptsPass,
      refusedAttemptsFail,
      citing(
        window.struck,
        dials.map(({ entry }) => entry),
      ),
    )
  })

/** It comes back when it may. */
const recovers = (view: View, name: string): Judgement => {
  const judged = backAgain(view, name, view.file.limits.maxPauseSeconds)
  const recovery = view.of('recovery').find(({ after, ok }) => after === name && ok)
  // The table allows a power cycle here.
  return judged.word === 'FAIL' && recovery !== undefined
    ? warn('it came back only after a power cycle', judged.cites)
    : judged
}

const both = (id: string, name: string): Rule =>
  rule(id, (view) => worst([gentle(view, name), recovers(view, name)]))

/** A reconnection of the device for a new token: a CONNECT with a later `se`, and the one before it. */
interface Renewal {
  readonly before: ReturnType<View['connects']>[number]
  readonly after: ReturnType<View['connects']>[number]
  readonly cut: boolean
}

function renewals(view: View, window: Window): readonly Renewal[] {
  const connects = view
    .connects()
    .filter(
      ({ seq, token }) =>
        token?.se !== undefined && seq >= window.begun.seq && seq <= (window.over?.seq ?? Infinity),
    )
  const short = connects.filter(({ token, at }) => (token?.se ?? 0) - at / 1000 <= 900)
  return short.slice(1).flatMap((after, at) => {
    const before = short[at]
    if (before === undefined || (after.token?.se ?? 0) <= (before.token?.se ?? 0)) return []
    return [{ before, after, cut: view.linkOf(before.link)?.disconnected?.reason === 'token-expired' }]
  })
}

function renewal(view: View, judge: (all: readonly Renewal[], window: Window) => Judgement): Judgement {
  if (view.file.auth.kind !== 'sas') return notObserved('the device has a certificate, no key')
  return during(view, 'token.renewal', (window) => {
    const all = renewals(view, window)
    if (all.length > 0) return judge(all, window)
    const shown = view
      .connects()
      .findLast(({ seq }) => seq >= window.begun.seq && seq <= (window.struck?.seq ?? 0))
    const { over, struck } = window
    return struck !== undefined && over !== undefined && secondsBetween(struck, over) > 900 - 300
      ? fail('no new token came', citing(shown, struck, over))
      : inconclusive('the watch was too short', citing(struck, over))
  })
}

export const TOKEN: readonly Rule[] = [
  rule('DUT-TOK-01', (view) =>
    renewal(view, (all, window) => {
      const cuts = all.filter(({ cut }) => cut)
      const cites = citing(
        window.struck,
        all.flatMap(({ before, after }) => [before.seq, after.seq]),
      )
      return cuts.length > 0
        ? warn('the hub had to cut the link, and the new token came then', cites)
        : pass(`renewed ${String(all.length)} times before the hub ended the connection`, cites)
    }),
  ),
  rule('DUT-TOK-02', (view) =>
    during(view, 'token.cut', (window) => {
      const { struck } = window
      const dead = view.connects().findLast(({ seq }) => seq < (struck?.seq ?? 0))
      const next = view
        .connects()
        .filter(({ seq }) => seq > (struck?.seq ?? Infinity) && seq <= (window.over?.seq ?? Infinity))
      const same = next.find(({ token }) => token !== undefined && token.print === dead?.token?.print)
      if (same !== undefined) return fail('the same dead token was shown again', citing(struck, dead, same))
      const back = struck && comesBack(view, window, struck)
      if (back === undefined) return missing(view, window, 'it did not come back')
      return pass(
        `a new token after ${back.seconds.toFixed(1)} s`,
        citing(struck, dead, back.link.connected),
        { seconds: back.seconds },
      )
    }),
  ),
  rule('DUT-TOK-03', (view) =>
    renewal(view, (all) => {
      const cites = citing(all.flatMap(({ before, after }) => [before.seq, after.seq]))
      const late = all.find(({ before, after }) => after.at / 1000 > (before.token?.se ?? Infinity))
      return late === undefined
        ? pass('renewed before se', cites)
        : warn('renewed after se, within the grace', citing(late.before, late.after))
    }),
  ),
  rule('DUT-TOK-04', (view) =>
    renewal(view, (all, window) => {
      const messages = view.of('service', window.entries).filter(({ what }) => what === 'c2d')
      const lost = messages.find(
        ({ key }) => view.of('feedback').find(({ messageId }) => messageId === key)?.status !== 'Success',
      )
      const answer = view.of('answer', window.entries).find(({ what }) => what === 'method')
      const cites = citing(
        window.struck,
        all.flatMap(({ before, after }) => [before.seq, after.seq]),
        messages,
      )
      const path = view.file.does.telemetry?.sequence
      const gapInNumbers = path === undefined ? undefined : missingNumber(view, window, path)
      if (gapInNumbers !== undefined) return fail(`telemetry ${String(gapInNumbers)} is missing`, cites)
      if (lost !== undefined) return fail(`the message ${lost.key} was lost`, citing(cites, lost))
      if (answer?.ok === false) return fail('methods are not answered afterwards', citing(cites, answer))
      const slow = all.find(({ before, after }) => {
        const end = view.linkOf(before.link)?.closed
        return end !== undefined && secondsBetween(end, after) > 10
      })
      return slow === undefined
        ? pass('nothing was lost', cites)
        : warn('a gap of more than 10 s', citing(cites, slow.after))
    }),
  ),
  rule('DUT-TOK-05', (view) =>
    during(view, 'token.key_rotated', (window) => {
      const back = window.struck && comesBack(view, window, window.struck)
      return back === undefined || (back.link.connected?.seq ?? Infinity) > (window.released?.seq ?? Infinity)
        ? fail('it did not take the other key', citing(window.struck, window.released))
        : pass('it connected with the secondary key', citing(window.struck, back.link.connected))
    }),
  ),
  both('DUT-TOK-06', 'token.keys_bad'),
  rule('DUT-TOK-07', (view) =>
    during(view, 'clock.skew', (window) => {
      const offsets = view
        .of('service', window.entries)
        .filter(({ what, detail }) => what === 'clock' && (detail as { seconds?: number }).seconds !== 0)
      return worst(
        offsets.map((offset, at) => {
          const until = offsets[at + 1]?.seq ?? window.released?.seq ?? window.over?.seq ?? Infinity
          const link = view.links.find(
            ({ connected }) => (connected?.seq ?? 0) > offset.seq && (connected?.seq ?? Infinity) < until,
          )
          return link?.connected === undefined
            ? missing(view, window, 'it did not connect with the hub’s clock 4 minutes off', offset)
            : pass(
                'connected with the hub’s clock 4 minutes ahead and behind',
                citing(offset, link.connected),
              )
        }),
      )
    }),
  ),
  rule('DUT-TOK-08', (view) => {
    const back = backAgain(view, 'clock.wrong', 120)
    const recovery = view.of('recovery').find(({ after, ok }) => after === 'clock.wrong' && ok)
    const asked =
      view.file.network.ntp !== 'suite'
        ? []
        : [
            during(view, 'clock.wrong', (window) => {
              const { struck, released } = window
              const link = view
                .connectedIn(window)
                .find(({ connected }) => (connected?.seq ?? 0) > (struck?.seq ?? 0))
              return link?.connected !== undefined && link.connected.seq < (released?.seq ?? Infinity)
                ? pass('it asked for the time again', citing(struck, link.connected))
                : warn('it did not ask for the time when its token was refused', citing(struck, released))
            }),
          ]
    return worst([
      gentle(view, 'clock.wrong'),
      recovery === undefined ? back : warn('a power cycle was needed', citing(recovery)),
      ...asked,
    ])
  }),
]

export const LIFE: readonly Rule[] = [
  rule('DUT-CONN-12', (view) => gentle(view, 'refused.code5')),
  rule('DUT-CONN-13', (view) => recovers(view, 'refused.code5')),
  both('DUT-LIFE-01', 'refused.disabled'),
  both('DUT-LIFE-02', 'refused.deleted'),
  rule('DUT-LIFE-03', (view) =>
    during(view, 'refused.other', (window) => {
      const taken = view
        .of('connected', window.entries)
        .filter(
          ({ seq }) => seq > (window.struck?.seq ?? Infinity) && seq < (window.released?.seq ?? Infinity),
        )
      const count = taken.length
      const why = `it took the connection ${String(count)} times in a minute`
      const cites = citing(window.struck, taken, window.released)
      return (count <= 6 ? pass : count <= 30 ? warn : fail)(why, cites, { takeovers: count })
    }),
  ),
]

export const THROTTLE: readonly Rule[] = [
  rule('DUT-D2C-08', (view) => throttled(view, 'throttled', 6, 20)),
  rule('DUT-LIFE-04', (view) => throttled(view, 'quota', 10, 40)),
]

function throttled(view: View, name: string, passing: number, warning: number): Judgement {
  return during(view, name, (window) => {
    const dials = dialsWhileRefused(view, window)
    const after = view.telemetry(window.entries).find(({ seq }) => seq > (window.released?.seq ?? Infinity))
    const cites = citing(
      window.struck,
      dials.map(({ entry }) => entry),
      after,
    )
    const why = `${String(dials.length)} reconnections while throttled`
    if (after === undefined) return missing(view, window, 'no telemetry came afterwards')
    return (dials.length <= passing ? pass : dials.length <= warning ? warn : fail)(why, cites, {
      reconnections: dials.length,
    })
  })
}

/** A number of the sequence that never came within a window. */
function missingNumber(view: View, window: Window, path: string): number | undefined {
  const numbers = view
    .telemetry(window.entries)
    .map(({ text }) => atPath(jsonOf(text), path))
    .filter((value) => typeof value === 'number')
  if (numbers.length === 0) return undefined
  const seen = new Set(numbers)
  const last = Math.max(...numbers)
  for (let value = Math.min(...numbers); value < last; value++) if (!seen.has(value)) return value
  return undefined
}
