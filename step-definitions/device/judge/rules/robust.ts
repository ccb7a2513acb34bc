/** Rules about odd networks, unwanted deliveries, liveness, upload, and long runs. */

import { during, missing, rule, type Rule } from '../helpers.ts'
import type { EntryOf } from '../../recording/entries.ts'
import { secondsBetween, type View, type Window } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'
import { alsoAlive } from './messages.ts'

/** Everything that was asked within a window is answered. */
function answeredAll(view: View, window: Window, name: string): Judgement {
  const sent = view.of('service', window.entries).filter(({ what }) => what === 'c2d')
  const calls = view.of('service', window.entries).filter(({ what }) => what === 'method')
  const judged = [
    ...sent.map((message) => {
      const outcome = view
        .of('feedback')
        .find(({ messageId, seq }) => messageId === message.key && seq <= (window.over?.seq ?? Infinity))
      return outcome?.status === 'Success'
        ? pass('all was answered', citing(window.struck, message, outcome))
        : missing(view, window, 'a message was not acknowledged', window.struck)
    }),
    ...calls.map((call) => {
      const answer = view.of('answer').find(({ key }) => key === call.key)
      return answer?.ok === true
        ? pass('all was answered', citing(window.struck, call, answer))
        : window.settled
          ? fail(`a method was not answered: ${answer?.text ?? ''}`, citing(window.struck, call, answer))
          : inconclusive('the device was not settled before', citing(call))
    }),
  ]
  if (judged.length === 0) {
    const life = view
      .packets(window.entries)
      .find(({ way, seq }) => way === 'in' && seq > (window.struck?.seq ?? Infinity))
    return life === undefined
      ? notObserved('the device claims nothing that it answers')
      : pass('it goes on', citing(window.struck, life))
  }
  return alsoAlive(view, name, worst(judged))
}

export const ROBUST: readonly Rule[] = [
  rule('DUT-ROB-01', (view) =>
    during(view, 'bytes.single', (window) => answeredAll(view, window, 'bytes.single')),
  ),
  rule('DUT-ROB-02', (view) =>
    during(view, 'bytes.together', (window) => answeredAll(view, window, 'bytes.together')),
  ),
  rule('DUT-ROB-03', (view) =>
    during(view, 'bytes.slow', (window) => {
      const judged = answeredAll(view, window, 'bytes.slow')
      const gone = view.of('disconnected', window.entries)
      return judged.word === 'PASS' && gone.length > 0
        ? warn('it reconnected, and then worked', citing(judged.cites, gone))
        : judged
    }),
  ),
  rule('DUT-ROB-04', (view) =>
    during(view, 'unasked', (window) => {
      const { struck, over } = window
      const acted = view
        .publishes()
        .find(
          ({ seq, text }) =>
            seq > (struck?.seq ?? Infinity) &&
            seq <= (over?.seq ?? Infinity) &&
            text?.includes('unasked') === true,
        )
      if (acted !== undefined)
        return fail('it acted on a delivery that it never asked for', citing(struck, acted))
      const gone = view.of('disconnected', window.entries)
      const life = view
        .packets(window.entries)
        .findLast(({ way, seq }) => way === 'in' && seq > (struck?.seq ?? Infinity))
      if (life === undefined) return missing(view, window, 'it does not go on')
      if (gone.length > 1) return fail(`it closed ${String(gone.length)} times`, citing(struck, gone))
      return gone.length === 1
        ? warn('it closed and came back', citing(struck, gone, life))
        : pass('it goes on', citing(struck, life))
    }),
  ),
  rule('DUT-ROB-05', (view) => {
    const probes = view.of('alive')
    const recoveries = view.of('recovery')
    const [first] = recoveries
    if (first !== undefined)
      return fail(`after ${first.after} it was stuck, and needed ${first.how}`, citing(recoveries))
    const dead = probes.find(({ ok }) => !ok)
    if (dead !== undefined) return fail(`after ${dead.after} it did not answer`, citing(dead))
    const blows = probes.filter(({ after }) => after !== 'start')
    return blows.length === 0
      ? notObserved('nothing was done to it')
      : pass(`it answered after each of ${String(blows.length)} blows`, citing(blows))
  }),
]

const isSuccess = (told: EntryOf<'upload'> | undefined): boolean =>
  (told?.what as { isSuccess?: boolean } | undefined)?.isSuccess === true

export const UPLOAD: readonly Rule[] = [
  rule('DUT-UPL-01', (view) =>
    during(view, 'upload.good', (window) => {
      const requests = view.of('request', window.entries)
      const begun = requests.find(({ method, url }) => method === 'POST' && /\/files(\?|$)/.test(url))
      const notified = requests.find(
        ({ method, url }) => method === 'POST' && url.includes('/files/notifications'),
      )
      const older = notified !== undefined && /\/files\/notifications\/[^?]+/.test(notified.url)
      const stored = requests.find(({ method, status }) => method === 'PUT' && status === 201)
      const told = view.of('upload', window.entries).find(({ step }) => step === 'finish')
      if (begun === undefined)
        return missing(view, window, 'no place for the file was asked for', window.struck)
      if (stored === undefined) return missing(view, window, 'nothing was stored', window.struck)
      if (notified === undefined) return missing(view, window, 'the upload was not notified', window.struck)
      const cites = citing(window.struck, begun, stored, told, notified)
      if (notified.status >= 300)
        return fail(`the hub refused the notification with ${String(notified.status)}`, cites)
      if (!isSuccess(told)) return fail('what was stored was notified as a failure', cites)
      return older
        ? warn('the correlation id stands in the path', cites)
        : pass('place, storage and notification', cites)
    }),
  ),
  rule('DUT-UPL-02', (view) =>
    during(view, 'upload.refused', (window) => {
      const { struck, over } = window
      const told = view
        .of('upload', window.entries)
        .find(({ step, seq }) => step === 'finish' && seq > (struck?.seq ?? Infinity))
      if (told === undefined)
        return warn('nothing was told: the place is held until it runs out', citing(struck, over))
      return isSuccess(told)
        ? fail('a file that was refused was notified as stored', citing(struck, told))
        : pass('the failure was notified', citing(struck, told))
    }),
  ),
  rule('DUT-UPL-03', (view) =>
    during(view, 'upload.throttled', (window) => {
      const asked = view
        .of('request', window.entries)
        .filter(({ method, url }) => method === 'POST' && /\/files(\?|$)/.test(url))
      const [first, second] = asked
      if (first === undefined) return inconclusive('no place was asked for', citing(window.struck))
      if (second === undefined)
        return warn('a throttled request is never tried again', citing(first, window.over))
      const seconds = secondsBetween(first, second)
      return (seconds >= 1 ? pass : warn)(
        `tried again after ${seconds.toFixed(1)} s`,
        citing(first, second),
        { seconds },
      )
    }),
  ),
]

const DAY = 86_400

export const LONG: readonly Rule[] = [
  rule('DUT-LONG-01', (view) =>
    during(view, 'long', (window) => {
      const { struck, over } = window
      if (struck === undefined || over === undefined) return inconclusive('the watch did not end')
      let up = 0
      let since = struck.at
      let isUp = true
      const ordered = new Set(
        view
          .of('service', window.entries)
          .filter(({ what }) => what === 'loss')
          .map(({ seq }) => seq),
      )
      const own: number[] = []
      for (const entry of window.entries) {
        if (entry.type === 'disconnected' && isUp) {
          up += entry.at - since
          isUp = false
          const bySuite = [...ordered].some((seq) => seq < entry.seq && entry.seq - seq < 10)
          if (!bySuite && entry.reason !== 'taken-over') own.push(entry.seq)
        }
        if (entry.type === 'connected' && !isUp) {
          since = entry.at
          isUp = true
        }
      }
      if (isUp) up += over.at - since
      const share = up / (over.at - struck.at)
      const figures = { uptime: Math.round(share * 1e5) / 1e5 }
      const why = `connected for ${(share * 100).toFixed(2)} % of the time, ${String(own.length)} losses of its own`
      const cites = citing(struck, over, own)
      const hours = secondsBetween(struck, over) / 3_600
      if (share >= 0.999 && own.length <= (hours * 1.5) / 10) return pass(why, cites, figures)
      return (share >= 0.99 ? warn : fail)(why, cites, figures)
    }),
  ),
  rule('DUT-LONG-02', (view) => {
    if (view.file.does.telemetry?.everySeconds === undefined)
      return notObserved('the device file names no pace')
    return during(view, 'long', (window) => {
      const sent = view.telemetry(window.entries).filter(({ dup }) => !dup)
      const share = Math.max(2, Math.floor(sent.length / 24))
      const paces = [sent.slice(0, share), sent.slice(-share)].map((part) => {
        const [a, b] = [part[0], part.at(-1)]
        return a === undefined || b === undefined || part.length < 2
          ? 0
          : secondsBetween(a, b) / (part.length - 1)
      })
      const [first = 0, last = 0] = paces
      if (first === 0 || last === 0) return inconclusive('too little telemetry', citing(sent))
      const drift = Math.abs(last / first - 1)
      const why = `a pace of ${first.toFixed(1)} s at first, ${last.toFixed(1)} s at last`
      return (drift <= 0.05 ? pass : drift <= 0.2 ? warn : fail)(
        why,
        citing(window.struck, sent[0], sent.at(-1)),
        { drift },
      )
    })
  }),
  rule('DUT-LONG-03', (view) =>
    during(view, 'long', (window) => {
      const times = view
        .of('service', window.entries)
        .filter(({ what }) => what === 'loss')
        .flatMap((loss) => {
          const gone = view.of('disconnected', window.entries).find(({ seq }) => seq > loss.seq)
          const back = gone && view.of('connected', window.entries).find(({ seq }) => seq > gone.seq)
          return gone === undefined || back === undefined
            ? []
            : [{ loss, back, seconds: secondsBetween(gone, back) }]
        })
      if (times.length < 10) return inconclusive('too few losses', citing(window.struck))
      const mean = (part: typeof times): number =>
        part.reduce((sum, { seconds }) => sum + seconds, 0) / part.length
      const [first, last] = [mean(times.slice(0, 5)), mean(times.slice(-5))]
      const why = `back after ${first.toFixed(1)} s at first, ${last.toFixed(1)} s at last`
      const cites = citing(times.flatMap(({ loss, back }) => [loss.seq, back.seq]))
      return (last <= 2 * first ? pass : last <= 4 * first ? warn : fail)(why, cites)
    }),
  ),
  rule('DUT-LONG-04', (view) =>
    during(view, 'long', (window) => {
      const { struck, over } = window
      if (struck === undefined || over === undefined) return inconclusive('the watch did not end')
      const messages = view.publishes(window.entries).length
      const aDay = (messages * DAY) / secondsBetween(struck, over)
      return (aDay > 8_000 ? warn : pass)(`${aDay.toFixed(0)} messages a day`, citing(struck, over), {
        messagesADay: Math.round(aDay),
      })
    }),
  ),
]
