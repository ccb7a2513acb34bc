/** Rules about direct methods. */

import type { EntryOf } from '../../recording/entries.ts'
import { answerTo, during, missing, rule, sameJson, type Rule } from '../helpers.ts'
import { secondsBetween, type Publish, type View, type Window } from '../view.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'

interface Call {
  readonly asked: EntryOf<'service'>
  readonly name: string
  readonly answer: EntryOf<'answer'> | undefined
}

function callsIn(view: View, window: Window): readonly Call[] {
  return view
    .of('service', window.entries)
    .filter(({ what }) => what === 'method')
    .map((asked) => ({
      asked,
      name: String((asked.detail as { name?: unknown }).name),
      answer: answerTo(view, asked.key),
    }))
}

/** Without an answer: the caller has waited for the whole time that it gives. */
function unanswered(view: View, window: Window, { asked, name, answer }: Call): Judgement {
  const cites = citing(asked, answer)
  const state = view.entries.findLast(
    ({ seq, type }) => seq < asked.seq && (type === 'connected' || type === 'disconnected'),
  )
  if (state?.type === 'disconnected')
    return inconclusive(`${name} was called while the device was away`, citing(cites, state))
  if (!window.settled)
    return inconclusive(`${name} was not answered, but the device was not settled before`, cites)
  return answer === undefined
    ? inconclusive(`the call of ${name} did not end`, cites)
    : fail(`${name} was not answered: ${answer.text ?? ''}`, cites)
}

const CALLER_SECONDS = 30

const ridOf = ({ topic }: Publish): string => /\$rid=(.+)$/.exec(topic)?.[1] ?? ''

const requestsOf = (view: View): readonly Publish[] =>
  view.deliveries().filter(({ topic }) => topic.startsWith('$iothub/methods/POST/'))

const answersOf = (view: View): readonly Publish[] =>
  view.publishes().filter(({ topic }) => topic.startsWith('$iothub/methods/res/'))

/** An answer whose $rid is of no request, in the whole run. */
function strangeAnswer(view: View): Judgement | undefined {
  const rids = new Set(requestsOf(view).map(ridOf))
  const strange = answersOf(view).find((one) => !rids.has(ridOf(one)))
  return strange && fail('an answer to no request', citing(strange))
}

export const METHODS: readonly Rule[] = [
  rule('DUT-METH-01', (view) =>
    during(view, 'method.known', (window) => {
      const calls = callsIn(view, window)
      if (calls.length === 0) return inconclusive('nothing was called')
      return worst([
        ...[strangeAnswer(view) ?? []].flat(),
        ...calls.map((call) => {
          const { asked, name, answer } = call
          if (answer?.ok !== true) return unanswered(view, window, call)
          const claim = view.file.does.methods?.find((one) => one.name === name)
          const within = claim?.withinSeconds ?? (claim?.slow === true ? CALLER_SECONDS : 5)
          const seconds = secondsBetween(asked, answer)
          return (seconds <= within ? pass : seconds <= CALLER_SECONDS ? warn : fail)(
            `answered after ${seconds.toFixed(1)} s`,
            citing(window.struck, asked, answer),
            { seconds },
          )
        }),
      ])
    }),
  ),
  rule('DUT-METH-02', (view) => {
    const declared = (view.file.does.methods ?? []).filter(({ expect }) => expect !== undefined)
    if (declared.length === 0)
      return notObserved('the device file expects nothing of its methods (does.methods.expect)')
    return during(view, 'method.known', (window) =>
      worst(
        declared.map(({ name, expect }) => {
          const call = callsIn(view, window).find((one) => one.name === name)
          const answer = call?.answer
          if (call === undefined || answer?.ok !== true)
            return call === undefined
              ? inconclusive(`${name} was not called`)
              : unanswered(view, window, call)
          const cites = citing(call.asked, answer)
          if (expect?.status !== undefined && answer.status !== expect.status)
            return fail(
              `${name} answered status ${String(answer.status)}, not ${String(expect.status)}`,
              cites,
            )
          if (expect?.payload !== undefined && !sameJson(answer.payload, expect.payload))
            return answer.payload === null || answer.payload === undefined
              ? warn(`${name} answered without the declared payload`, cites)
              : fail(
                  `${name} answered ${JSON.stringify(answer.payload)}, not ${JSON.stringify(expect.payload)}`,
                  cites,
                )
          return pass('status and payload are as declared', cites)
        }),
      ),
    )
  }),
  rule('DUT-METH-03', (view) =>
    during(view, 'method.unknown', (window) => {
      const [call] = callsIn(view, window)
      if (call === undefined) return inconclusive('nothing was called')
      const { asked, answer } = call
      if (answer?.ok !== true) return unanswered(view, window, call)
      const status = answer.status ?? 0
      return status >= 200 && status < 300
        ? warn(`an unknown method is answered ${String(status)}`, citing(asked, answer))
        : pass(`an unknown method is answered ${String(status)}`, citing(window.struck, asked, answer))
    }),
  ),
  rule('DUT-METH-04', (view) =>
    during(view, 'method.payloads', (window) => {
      const calls = callsIn(view, window)
      const dead = view.of('alive').find(({ after, ok }) => after === 'method.payloads' && !ok)
      if (dead !== undefined)
        return fail('the device does not answer afterwards', citing(window.struck, dead))
      if (calls.length === 0) return inconclusive('nothing was called')
      return worst(
        calls.map((call, at) => {
          if (call.answer?.ok === true)
            return pass('each was answered', citing(window.struck, call.asked, call.answer))
          const isLarge = at === 3
          return isLarge && view.file.limits.receiveBytes !== undefined
            ? warn('the large payload was not answered', citing(call.asked, call.answer))
            : unanswered(view, window, call)
        }),
      )
    }),
  ),
  rule('DUT-METH-05', (view) =>
    during(view, 'method.five', (window) => {
      const calls = callsIn(view, window)
      const good = calls.filter(({ answer }) => answer?.ok === true)
      const cites = citing(
        window.struck,
        calls.flatMap(({ asked, answer }) => [asked.seq, answer?.seq]),
      )
      if (calls.length === 0) return inconclusive('nothing was called')
      if (good.length === calls.length) return pass('all were answered', cites)
      if (!window.settled) return inconclusive('the device was not settled before', cites)
      return (good.length >= calls.length - 2 ? warn : fail)(
        `${String(good.length)} of ${String(calls.length)} were answered`,
        cites,
      )
    }),
  ),
  rule('DUT-METH-06', (view) => {
    const requests = requestsOf(view)
    if (requests.length === 0)
      return during(view, 'method.repeated', () => notObserved('no method was called'), {
        needsStrike: false,
      })
    const answers = answersOf(view)
    const judged = [...new Set(requests.map(ridOf))].map((id) => {
      const own = requests.filter((one) => ridOf(one) === id)
      const given = answers.filter((one) => ridOf(one) === id)
      return given.length > own.length
        ? fail(
            `${String(given.length)} answers to ${String(own.length)} ${own.length === 1 ? 'request' : 'requests'}`,
            citing(own, given),
          )
        : given.length === 0
          ? undefined
          : pass('one answer for each delivery', citing(own, given))
    })
    const known = judged.flatMap((one) => one ?? [])
    const strange = strangeAnswer(view)
    if (strange !== undefined) return strange
    return known.length === 0 ? inconclusive('no request was answered', citing(requests)) : worst(known)
  }),
  rule('DUT-METH-07', (view) =>
    during(view, 'method.again', (window) => {
      const back = view.links.find(
        ({ connected }) => (connected?.seq ?? 0) > (window.struck?.seq ?? Infinity),
      )
      const calls = callsIn(view, window)
      const [first, second] = calls
      if (back?.connected === undefined) return missing(view, window, 'it did not come back')
      if (first === undefined) return inconclusive('nothing was called', citing(window.struck))
      if (first.answer?.ok === true)
        return pass('methods work again', citing(window.struck, back.connected, first.asked, first.answer))
      if (second?.answer?.ok === true)
        return warn(
          'methods work again from the second call on',
          citing(first.asked, first.answer, second.answer),
        )
      return unanswered(view, window, first)
    }),
  ),
  rule('DUT-JOB-01', (view) =>
    during(view, 'job', (window) => {
      const answer = view.of('answer', window.entries).find(({ what }) => what === 'job')
      if (answer === undefined) return inconclusive('the job did not end', citing(window.struck))
      return (answer.ok ? pass : fail)(`the job ended as ${answer.text ?? ''}`, citing(window.struck, answer))
    }),
  ),
]
