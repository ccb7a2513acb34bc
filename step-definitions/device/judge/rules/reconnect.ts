/** Rules about losing the connection, coming back, and the pauses between attempts. */

import {
  attempts,
  backAgain,
  busiestMinute,
  comesBack,
  during,
  missing,
  rule,
  type Rule,
} from '../helpers.ts'
import { haveJitter, pauseClass } from '../backoff.ts'
import { secondsBetween, type Dial, type View, type Window } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, type Judgement } from '../words.ts'

/** Refused attempts within a window, and the pauses before each but the first. */
function seriesIn(
  view: View,
  window: Window,
): { readonly dials: readonly Dial[]; readonly pauses: readonly number[] } {
  const dials = view.dials.filter(
    ({ entry, fault }) =>
      entry.seq >= window.begun.seq &&
      entry.seq <= (window.released?.seq ?? Infinity) &&
      fault?.name === 'tcp.refuse',
  )
  const pauses = dials.slice(1).map(({ entry }, at) => secondsBetween(dials[at]?.entry ?? entry, entry))
  return { dials, pauses }
}

/** Too few attempts for a series. */
const FEWEST = 5

function bothSeries(
  view: View,
  judge: (one: ReturnType<typeof seriesIn>, other: ReturnType<typeof seriesIn>) => Judgement,
): Judgement {
  return during(view, 'backoff.1', (first) =>
    during(view, 'backoff.2', (second) => {
      const [one, other] = [seriesIn(view, first), seriesIn(view, second)]
      return judge(one, other)
    }),
  )
}

const citeSeries = (...series: readonly ReturnType<typeof seriesIn>[]): readonly number[] =>
  citing(series.flatMap(({ dials }) => dials.map(({ entry }) => entry.seq)))

const seconds = (pauses: readonly number[]): string => pauses.map((pause) => pause.toFixed(1)).join(', ')

const rounded = (pauses: readonly number[]): readonly number[] =>
  pauses.map((pause) => Math.round(pause * 100) / 100)

/** Provocations that make a device hurry. */
const HURRYING = [
  'backoff.1',
  'backoff.2',
  'loss.at_once',
  'loss.long',
  'connack.unavailable',
  'refused.code5',
  'throttled',
  'refused.disabled',
  'refused.deleted',
  'token.keys_bad',
  'clock.wrong',
  'quota',
]

export const RECONNECT: readonly Rule[] = [
  rule('DUT-RECON-01', (view) => backAgain(view, 'loss.fin')),
  rule('DUT-RECON-02', (view) => backAgain(view, 'loss.reset')),
  rule('DUT-RECON-03', (view) => noticed(view, 'loss.silence')),
  rule('DUT-RECON-04', (view) => backAgain(view, 'loss.half_close')),
  rule('DUT-RECON-05', (view) => backAgain(view, 'loss.cut')),
  rule('DUT-RECON-06', (view) => backAgain(view, 'loss.at_once')),
  rule('DUT-RECON-07', (view) => {
    const judged = backAgain(view, 'loss.restart')
    if (judged.word !== 'PASS' && judged.word !== 'WARN') return judged
    // Back and deaf is not back.
    return during(view, 'loss.restart', (window) => {
      const back = window.struck && comesBack(view, window, window.struck)
      const had = view.packets().some(({ cmd, seq }) => cmd === 'subscribe' && seq < window.begun.seq)
      const again = back?.link.packets.find(({ cmd }) => cmd === 'subscribe')
      if (!had || back === undefined) return judged
      return again === undefined
        ? fail(
            'it relies on a session that is gone: nothing is subscribed to again',
            citing(window.struck, back.link.connected, window.over),
          )
        : { ...judged, cites: citing(judged.cites, again) }
    })
  }),
  rule('DUT-RECON-08', (view) => backAgain(view, 'loss.websocket')),
  rule('DUT-RECON-09', (view) => backAgain(view, 'loss.long', view.file.limits.maxPauseSeconds)),
  rule('DUT-RECON-10', (view) => backAgain(view, 'loss.power')),
  rule('DUT-RECON-11', (view) => backAgain(view, 'loss.network')),
  rule('DUT-RECON-12', (view) =>
    during(view, 'loss.often', (window) => {
      const { struck, released, over } = window
      const last = view.entries.findLast(
        ({ seq, type }) =>
          seq <= (over?.seq ?? Infinity) && (type === 'connected' || type === 'disconnected'),
      )
      const life = view
        .packets(window.entries)
        .findLast(({ way, seq }) => way === 'in' && seq > (released?.seq ?? Infinity))
      const recovery = view.of('recovery').find(({ after }) => after === 'loss.often')
      if (recovery !== undefined)
        return fail(`it was stuck, and ${recovery.how} was needed`, citing(struck, recovery))
      if (last?.type !== 'connected' || life === undefined)
        return missing(view, window, 'it did not come back')
      const times = view.of('connected', window.entries).length
      return pass(`back ${String(times)} times`, citing(struck, last, life), { returns: times })
    }),
  ),
]

/** Silence has to be noticed by the device itself. */
function noticed(view: View, name: string): Judgement {
  return during(view, name, (window) => {
    const { struck } = window
    if (struck === undefined) return inconclusive('nothing was withheld')
    const recovery = view.of('recovery').find(({ after }) => after === name)
    if (recovery !== undefined)
      return fail(`it was stuck, and ${recovery.how} was needed`, citing(struck, recovery))
    const back = comesBack(view, window, struck)
    if (back === undefined) return missing(view, window, 'it did not notice the silence')
    const keepAlive = view.connects().findLast(({ seq }) => seq < struck.seq)?.keepalive ?? 0
    const cites = citing(struck, back.link.connected, back.life)
    const why = `back after ${back.seconds.toFixed(0)} s of silence`
    return back.seconds > Math.max(300, 1.5 * keepAlive)
      ? warn(why, cites, { seconds: back.seconds })
      : pass(why, cites, { seconds: back.seconds })
  })
}

export const BACKOFF: readonly Rule[] = [
  rule('DUT-BACK-01', (view) =>
    bothSeries(view, (one, other) => {
      const cites = citeSeries(one, other)
      const longest = one.pauses.length >= other.pauses.length ? one.pauses : other.pauses
      const figures = { pauses: rounded(one.pauses), pausesAgain: rounded(other.pauses) }
      if (longest.length < FEWEST)
        return inconclusive(
          `only ${String(longest.length)} pauses were seen: ${seconds(longest)}`,
          cites,
          figures,
        )
      // Chance may hide the class of one series.
      const [kind = 'unclear'] = [longest, one.pauses, other.pauses]
        .map((series) => pauseClass(series))
        .filter((found) => found !== 'unclear')
      const why = `pauses of ${seconds(longest)} s: ${kind}`
      if (kind === 'exponential' || kind === 'random') return pass(why, cites, figures)
      if (kind === 'linear') return warn(why, cites, figures)
      if (kind === 'constant')
        return (Math.max(...longest) >= view.numbers.constantPauseSeconds ? warn : fail)(why, cites, figures)
      return inconclusive(why, cites, figures)
    }),
  ),
  rule('DUT-BACK-02', (view) =>
    bothSeries(view, (one, other) => {
      const cites = citeSeries(one, other)
      if (Math.min(one.pauses.length, other.pauses.length) < FEWEST - 1)
        return inconclusive('too few pauses were seen', cites)
      const why = `${seconds(one.pauses)} s, then ${seconds(other.pauses)} s`
      return haveJitter(one.pauses, other.pauses)
        ? pass(`the series differ: ${why}`, cites)
        : warn(`the same series twice: ${why}`, cites)
    }),
  ),
  rule('DUT-BACK-03', (view) => {
    const windows = view.allWindows.filter(
      ({ name, struck }) => HURRYING.includes(name) && struck !== undefined,
    )
    if (windows.length === 0) return during(view, 'backoff.1', () => notObserved('nothing made it hurry'))
    const inside = view.dials.filter(({ entry }) =>
      windows.some(({ begun, over }) => entry.seq >= begun.seq && entry.seq <= (over?.seq ?? Infinity)),
    )
    const { count, dials } = busiestMinute(inside)
    if (count === 0) return inconclusive('it made no attempt', citing(windows.map(({ struck }) => struck)))
    return attempts(
      count,
      view.numbers.attemptsPass,
      view.numbers.attemptsFail,
      citing(dials.map(({ entry }) => entry)),
    )
  }),
  rule('DUT-BACK-04', (view) =>
    during(view, 'loss.at_once', (window) => {
      const lost = view.links.filter(
        ({ connected, closed }) =>
          connected !== undefined &&
          closed !== undefined &&
          connected.seq > window.begun.seq &&
          connected.seq < (window.released?.seq ?? Infinity),
      )
      const pauses = lost.flatMap(({ closed }) => {
        const next = view.dials.find(({ entry }) => entry.seq > (closed?.seq ?? Infinity))
        return closed === undefined || next === undefined
          ? []
          : [{ closed, next, pause: secondsBetween(closed, next.entry) }]
      })
      const cites = citing(
        window.struck,
        pauses.flatMap(({ closed, next }) => [closed.seq, next.entry.seq]),
      )
      if (pauses.length === 0) return inconclusive('no connection was lost at once', citing(window.struck))
      const quick = pauses.filter(({ pause }) => pause < 1)
      const figures = { pauses: rounded(pauses.map(({ pause }) => pause)) }
      if (quick.length === 0)
        return pass(
          `a pause of ${Math.min(...pauses.map(({ pause }) => pause)).toFixed(1)} s and more`,
          cites,
          figures,
        )
      const why = `another attempt after ${Math.min(...quick.map(({ pause }) => pause)).toFixed(2)} s`
      return quick.length === pauses.length && pauses.length > 1
        ? fail(`${why}, each time`, cites, figures)
        : warn(why, cites, figures)
    }),
  ),
  rule('DUT-BACK-05', (view) =>
    during(view, 'backoff.reset', (window) => {
      const { struck } = window
      const next = view.dials.find(({ entry }) => struck !== undefined && entry.seq > struck.seq)
      const before = view.window('backoff.2') ?? view.window('backoff.1')
      if (struck === undefined || next === undefined || next.entry.seq > (window.over?.seq ?? Infinity))
        return missing(view, window, 'it did not dial')
      if (before === undefined) return inconclusive('there is no series to compare with', citing(struck))
      const { pauses } = seriesIn(view, before)
      const pause = secondsBetween(struck, next.entry)
      // The second series of a device that resets nothing begins where the first one ended.
      const first = Math.min(
        ...['backoff.1', 'backoff.2'].flatMap((name) => {
          const window = view.window(name)
          return window === undefined ? [] : (seriesIn(view, window).pauses[0] ?? [])
        }),
        pauses[0] ?? 0,
      )
      const last = pauses.at(-1) ?? 0
      const cites = citing(struck, next.entry)
      // Nearer to where the series began than to where it ended.
      return pause <= Math.max(first * 2, 3) || pause < Math.sqrt(Math.max(first, 0.1) * Math.max(last, 0.1))
        ? pass(`the first pause is ${pause.toFixed(1)} s again`, cites)
        : warn(`the first pause is ${pause.toFixed(1)} s, as at the end of the series`, cites)
    }),
  ),
  rule('DUT-BACK-06', (view) =>
    during(view, 'backoff.dps', () => notObserved('the bench has no provisioning service for it')),
  ),
]
