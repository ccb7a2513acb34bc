/** Rules about cloud-to-device messages and sessions. */

import { comesBack, during, hasValues, missing, rule, type Rule } from '../helpers.ts'
import type { EntryOf } from '../../recording/entries.ts'
import { secondsBetween, type Publish, type View, type Window } from '../view.ts'
import { acknowledgementOf } from './disturbed.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'

const sentIn = (view: View, window: Window): readonly EntryOf<'service'>[] =>
  view.of('service', window.entries).filter(({ what }) => what === 'c2d')

const outcomeOf = (view: View, { key }: EntryOf<'service'>): EntryOf<'feedback'> | undefined =>
  view.of('feedback').find(({ messageId }) => messageId === key)

const boundTo = (view: View, window: Window): readonly Publish[] =>
  view.deliveries(window.entries).filter(({ topic }) => topic.includes('/messages/devicebound'))

function claimed(view: View): boolean {
  return view.file.does.c2d !== undefined
}

/** Each message of a window is completed. */
function completedAll(view: View, window: Window, good: string, late = 30): Judgement {
  const sent = sentIn(view, window)
  if (sent.length === 0) return inconclusive('no message was sent', citing(window.begun))
  return worst(
    sent.map((message) => {
      const outcome = outcomeOf(view, message)
      if (outcome === undefined || outcome.seq > (window.over?.seq ?? Infinity))
        return missing(view, window, `the message ${message.key} was not completed`, window.struck)
      if (outcome.status !== 'Success')
        return fail(`the message ended as ${outcome.status}`, citing(message, outcome))
      const from =
        window.released !== undefined && window.released.at > message.at ? window.released : message
      const seconds = secondsBetween(from, outcome)
      return seconds > late
        ? warn(`completed after ${seconds.toFixed(0)} s`, citing(message, outcome))
        : pass(good, citing(window.struck, message, outcome))
    }),
  )
}

export const MESSAGES: readonly Rule[] = [
  rule('DUT-TLS-13', (view) =>
    during(view, 'large', (window) => {
      const sent = sentIn(view, window)
      const declared = view.file.limits.receiveBytes
      const small = declared !== undefined && declared < 32 * 1024
      const good = small
        ? `read up to the ${String(declared)} bytes that it declares`
        : 'records of the largest size are read'
      const judged = sent.length > 0 ? completedAll(view, window, good, 120) : answered(view, window, good)
      return judged.word === 'PASS' && small ? warn(good, judged.cites) : judged
    }),
  ),
  rule('DUT-C2D-01', (view) =>
    during(view, 'c2d.known', (window) => {
      const judged = completedAll(view, window, 'received and completed')
      const zero = boundTo(view, window).find(({ qos }) => qos === 0)
      return judged.word === 'PASS' && zero !== undefined
        ? warn('delivered at QoS 0: completed on sending', citing(judged.cites, zero))
        : judged
    }),
  ),
  rule('DUT-C2D-02', (view) => {
    const shows = view.file.does.c2d?.shows
    if (shows === undefined)
      return notObserved('the device file names no effect of a message (does.c2d.shows)')
    return during(view, 'c2d.known', (window) => {
      const [sent] = sentIn(view, window)
      if (sent === undefined) return inconclusive('no message was sent')
      const { telemetry, reported } = shows
      const seen = view
        .publishes()
        .find(
          ({ seq, topic, text }) =>
            seq > sent.seq &&
            ((telemetry !== undefined && topic.includes('/messages/events') && hasValues(text, telemetry)) ||
              (reported !== undefined &&
                topic.startsWith('$iothub/twin/PATCH') &&
                hasValues(text, reported))),
        )
      const within = view.file.does.c2d?.withinSeconds ?? 15
      if (seen === undefined || seen.seq > (window.over?.seq ?? Infinity))
        return fail(`the effect did not show within ${String(within)} s`, citing(sent, window.over))
      const seconds = secondsBetween(sent, seen)
      return (seconds > within ? warn : pass)(
        `the effect showed after ${seconds.toFixed(1)} s`,
        citing(window.struck, sent, seen),
        { seconds },
      )
    })
  }),
  rule('DUT-C2D-03', (view) =>
    during(view, 'c2d.properties', (window) =>
      alsoAlive(view, 'c2d.properties', completedAll(view, window, 'all acknowledged', 120)),
    ),
  ),
  rule('DUT-C2D-04', (view) =>
    during(view, 'session.away', (window) => {
      const judged = completedAll(view, window, 'all arrived, each completed once', 120)
      const { struck } = window
      if (judged.word !== 'PASS' || struck === undefined) return judged
      const back = comesBack(view, window, struck)
      const deliveries = boundTo(view, window).filter(({ seq }) => seq > struck.seq)
      const [first] = deliveries
      const again = deliveries.find((one) =>
        deliveries.some(
          (other) => other.seq > one.seq && other.topic === one.topic && other.link === one.link,
        ),
      )
      if (again !== undefined)
        return fail(
          'a delivery was thrown away: the hub had to make it again',
          citing(struck, again, judged.cites),
        )
      const subscribed = back?.link.packets.find(
        ({ cmd, seq }) => cmd === 'subscribe' && first !== undefined && seq < first.seq,
      )
      return subscribed === undefined
        ? judged
        : warn('only after a new SUBSCRIBE', citing(judged.cites, subscribed))
    }),
  ),
  rule('DUT-C2D-05', (view) =>
    during(view, 'c2d.repeated', (window) => {
      const copies = boundTo(view, window).filter(({ qos }) => qos === 1)
      const [first] = copies
      if (first === undefined || copies.length < 2)
        return inconclusive('the delivery was not repeated', citing(window.struck))
      const acks = view
        .packets(window.entries)
        .filter((packet) => packet.cmd === 'puback' && packet.way === 'in' && packet.id === first.id)
      return acks.length >= 2
        ? pass('both deliveries were acknowledged', citing(window.struck, copies, acks))
        : missingNow(window, 'the repetition was not acknowledged', citing(window.struck, copies, acks))
    }),
  ),
  rule('DUT-C2D-06', (view) =>
    during(view, 'c2d.largest', (window) => {
      const [sent] = sentIn(view, window)
      const outcome = sent && outcomeOf(view, sent)
      if (sent !== undefined && outcome?.status === 'Success')
        return alsoAlive(view, 'c2d.largest', pass('acknowledged', citing(window.struck, sent, outcome)))
      const gone = view.of('disconnected', window.entries)
      const recovery = view.of('recovery').find(({ after }) => after === 'c2d.largest')
      if (recovery !== undefined || gone.length > 1)
        return fail(
          'it crashes, or connects again and again over the same message',
          citing(sent, gone, recovery),
        )
      const { receiveBytes } = view.file.limits
      return receiveBytes !== undefined && receiveBytes < 65_000 && gone.length === 0
        ? warn(
            `it takes ${String(receiveBytes)} bytes and stays connected`,
            citing(window.struck, window.over),
          )
        : missing(view, window, 'the message was not acknowledged')
    }),
  ),
  rule('DUT-C2D-07', (view) =>
    during(view, 'c2d.poison', (window) => {
      const sent = sentIn(view, window)
      const last = sent.at(-1)
      const outcome = last && outcomeOf(view, last)
      if (last === undefined) return inconclusive('no message was sent')
      if (outcome?.status !== 'Success')
        return fail(
          'after hostile messages the next one was not completed',
          citing(window.struck, last, window.over),
        )
      const gone = view.of('disconnected', window.entries)
      return alsoAlive(
        view,
        'c2d.poison',
        gone.length > 0
          ? warn('it reconnected', citing(gone, outcome))
          : pass(
              'ignored or acknowledged, and the next message worked',
              citing(window.struck, last, outcome),
            ),
      )
    }),
  ),
  rule('DUT-SESS-01', (view) => {
    if (!claimed(view)) return notObserved('the device does not claim cloud-to-device messages')
    if (view.connects().some(({ clean }) => clean)) return notObserved('the device uses clean sessions')
    return during(view, 'session.away', (window) => {
      const { struck } = window
      const back = struck && comesBack(view, window, struck)
      if (back === undefined) return missing(view, window, 'it did not come back')
      const bound = boundTo(view, window).find(({ seq }) => seq > (back.link.connected?.seq ?? 0))
      const ack = bound && acknowledgementOf(view, bound)
      const subscribed = back.link.packets.find(
        ({ cmd, seq }) => cmd === 'subscribe' && seq <= (ack?.seq ?? Infinity),
      )
      if (bound === undefined || ack === undefined)
        return missingNow(
          window,
          'what waited was not delivered and acknowledged',
          citing(struck, back.link.connected, bound),
        )
      return subscribed === undefined
        ? pass('delivered without a new SUBSCRIBE', citing(struck, back.link.connected, bound, ack))
        : warn('it subscribes again, which is harmless', citing(struck, subscribed, bound, ack))
    })
  }),
  rule('DUT-SESS-02', (view) =>
    during(view, 'session.forgotten', (window) => {
      const { struck } = window
      const filtersOf = (packets: readonly { readonly cmd: string }[]): readonly string[] =>
        packets.flatMap((packet) =>
          packet.cmd === 'subscribe' && 'filters' in packet
            ? (packet.filters as { topic: string }[]).map(({ topic }) => topic)
            : [],
        )
      const before = new Set(filtersOf(view.packets().filter(({ seq }) => seq < (struck?.seq ?? 0))))
      if (before.size === 0) return notObserved('the device subscribes to nothing')
      const back = struck && comesBack(view, window, struck)
      const link =
        back?.link ?? view.links.find(({ connected }) => (connected?.seq ?? 0) > (struck?.seq ?? Infinity))
      if (link?.connected === undefined) return missing(view, window, 'it did not come back')
      const subscribes = link.packets.filter(
        ({ cmd, seq }) => cmd === 'subscribe' && seq <= (window.over?.seq ?? Infinity),
      )
      const now = new Set(filtersOf(subscribes))
      const lost = [...before].filter((filter) => !now.has(filter))
      const last = subscribes.at(-1)
      if (lost.length > 0 || last === undefined)
        return fail(
          `deaf: ${lost.join(', ')} is not subscribed to again, though it is connected`,
          citing(struck, link.connected, subscribes, window.over),
        )
      const seconds = secondsBetween(link.connected, last)
      return (seconds <= 30 ? pass : seconds <= 120 ? warn : fail)(
        `all filters again after ${seconds.toFixed(1)} s`,
        citing(struck, link.connected, subscribes),
        { seconds },
      )
    }),
  ),
]

/** A probe after the provocation failed: whatever was seen before, the device did not survive it. */
export function alsoAlive(view: View, name: string, judged: Judgement): Judgement {
  const dead = view.of('alive').find(({ after, ok }) => after === name && !ok)
  return dead === undefined
    ? judged
    : fail('the device does not answer afterwards', citing(judged.cites, dead))
}

/** What is judged at once: the device is connected and had its time. */
function missingNow(window: Window, what: string, cites: readonly number[]): Judgement {
  const { settled, over } = window
  return settled
    ? fail(what, citing(cites, over))
    : inconclusive(`${what}, but the device was not settled before`, citing(cites, over))
}

function answered(view: View, window: Window, good: string): Judgement {
  const answer = view.of('answer', window.entries)[0]
  if (answer === undefined) return inconclusive('nothing that answers was asked', citing(window.struck))
  return answer.ok
    ? pass(good, citing(window.struck, answer))
    : fail(`not answered: ${answer.text ?? ''}`, citing(window.struck, answer))
}
