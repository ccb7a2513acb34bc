/** Rules about the packets of MQTT. */

import { during, missing, rule, type Rule } from '../helpers.ts'
import { secondsBetween, type Publish, type View, type Window } from '../view.ts'
import type { EntryOf, PacketEntry } from '../../recording/entries.ts'
import { disturbed, disturbedAt, gaps } from './disturbed.ts'
import { repetitions } from './repetitions.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'

const incoming = (view: View): readonly PacketEntry[] => view.packets().filter(({ way }) => way === 'in')

/** Refusals of the hub's own parser: what arrived was not MQTT, or a topic that no client may use. */
const MALFORMED =
  /topic "[^"]*[#+]|malformed|wildcard|not UTF-8|QoS 3|packet id 0|remaining length|reserved|flags/i

/** A rule about what the device sends: nothing sent, nothing judged. */
function watched(view: View, good: string, bad: readonly Judgement[]): Judgement {
  const sent = incoming(view)
  if (sent.length === 0) return notObserved('the device sent no packet')
  return bad.length > 0 ? worst(bad) : pass(good, citing(sent))
}

const KNOWN_OUT = [
  /^\$iothub\/twin\/GET\/\?\$rid=[^&/]+$/,
  /^\$iothub\/twin\/PATCH\/properties\/reported\/\?\$rid=[^&/]+(&\$version=\d+)?$/,
  /^\$iothub\/methods\/res\/-?\d+\/\?\$rid=[^&/]+$/,
]
const KNOWN_IN = [
  /^\$iothub\/twin\/res\/#$/,
  /^\$iothub\/twin\/PATCH\/properties\/desired\/#$/,
  /^\$iothub\/methods\/POST\/#$/,
]

/** What the device does about a packet that it cannot read, until the suite takes the connection away itself. */
function afterMalformed(view: View, window: Window, fault: EntryOf<'fault'>): Judgement {
  const own = view.of('fault', window.entries)
  const until =
    own.find(({ name, phase, seq }) => name === 'tcp.drop_now' && phase === 'fired' && seq > fault.seq)
      ?.seq ??
    window.over?.seq ??
    Infinity
  const within = ({ seq }: { readonly seq: number }): boolean => seq > fault.seq && seq < until
  const link = view.links.findLast(({ entry }) => entry.seq < fault.seq)
  const back = view.links.find(({ connected }) => connected !== undefined && within(connected))
  if (back?.connected !== undefined) {
    const cites = citing(fault, link?.disconnected, back.connected)
    // The hub ends a connection on which it hears nothing: the device has not noticed it by itself.
    return link?.closed?.reason === 'refused'
      ? warn('it was silent until the hub ended the connection, and came back', cites)
      : pass('it closes and comes back', cites)
  }
  const on = view.packets(window.entries).findLast((packet) => packet.way === 'in' && within(packet))
  return on === undefined || (link?.closed !== undefined && within(link.closed))
    ? missing(view, window, 'it is stuck after a malformed packet', fault)
    : warn('it ignores the bytes and goes on', citing(fault, on))
}

/** The statement that the hub names when it cannot read a packet. */
const UNREADABLE = 'MQTT-4.8.0-1'

export const PROTOCOL: readonly Rule[] = [
  rule('DUT-PROT-01', (view) =>
    watched(
      view,
      'every packet was read',
      view
        .of('refusal')
        .filter(
          ({ received, link, rule: at }) =>
            link !== undefined && (at === UNREADABLE || MALFORMED.test(received)),
        )
        .map((refusal) => fail(`the hub could not read a packet: ${refusal.received}`, citing(refusal))),
    ),
  ),
  rule('DUT-PROT-02', (view) =>
    watched(view, 'QoS 2 is never used', [
      ...view
        .of('refusal')
        .filter(({ received, rule: at }) => /QoS 2/.test(received) || at === 'WIRE-SESS-20')
        .map((one) => fail('PUBLISH with QoS 2', citing(one))),
      ...view
        .publishes()
        .filter(({ qos }) => qos === 2)
        .map((one) => fail(`PUBLISH with QoS 2 to ${one.topic}`, citing(one))),
      ...view
        .connects()
        .filter(({ will }) => will?.qos === 2)
        .map((one) => fail('a will with QoS 2', citing(one))),
      ...incoming(view).flatMap((packet) =>
        packet.cmd === 'subscribe' && packet.filters.some(({ qos }) => qos === 2)
          ? [warn('SUBSCRIBE asks for QoS 2', citing(packet))]
          : [],
      ),
    ]),
  ),
  rule('DUT-PROT-03', (view) => {
    const judged = view.links.flatMap((link) => {
      const bad: Judgement[] = []
      const open = new Map<number, PacketEntry>()
      for (const packet of link.packets) {
        if (
          packet.way === 'in' &&
          ((packet.cmd === 'publish' && packet.qos > 0) ||
            packet.cmd === 'subscribe' ||
            packet.cmd === 'unsubscribe')
        ) {
          const before = open.get(packet.id)
          const isRepeated = packet.cmd === 'publish' && packet.dup
          if (packet.id === 0) bad.push(fail('a packet id of 0', citing(packet)))
          else if (before !== undefined && !isRepeated)
            bad.push(
              fail(
                `packet id ${String(packet.id)} is used again while it is in flight`,
                citing(before, packet),
              ),
            )
          open.set(packet.id, packet)
        }
        if (
          packet.way === 'out' &&
          (packet.cmd === 'puback' || packet.cmd === 'suback' || packet.cmd === 'unsuback')
        )
          open.delete(packet.id)
      }
      return bad
    })
    const zero = view.of('refusal').filter(({ received }) => /packet id 0/.test(received))
    const own = incoming(view).filter(
      (packet) => (packet.cmd === 'publish' && packet.qos > 0) || packet.cmd === 'subscribe',
    )
    const bad = [...judged, ...zero.map((one) => fail('a packet id of 0', citing(one)))]
    if (own.length === 0 && bad.length === 0) return notObserved('the device sent nothing with a packet id')
    return bad.length > 0 ? worst(bad) : pass('packet ids are not 0 and not reused in flight', citing(own))
  }),
  rule('DUT-PROT-04', (view) => {
    const sent = view.publishes().filter(({ qos }) => qos === 1)
    const noQos = view.of('refusal').filter(({ received }) => /DUP/.test(received))
    if (sent.length === 0 && noQos.length === 0) return notObserved('the device sends nothing at QoS 1')
    const all = [...repetitions(view), ...noQos.map((one) => fail('DUP is set at QoS 0', citing(one)))]
    return all.length > 0 ? worst(all) : pass('DUP stands on repetitions alone', citing(sent))
  }),
  rule('DUT-PROT-05', (view) => {
    const judged = view.links.flatMap((link) =>
      link.packets
        .filter(
          (packet): packet is Publish => packet.cmd === 'publish' && packet.way === 'out' && packet.qos === 1,
        )
        .map((delivery) => {
          // A repetition is judged with what it repeats.
          const isRepeated =
            delivery.dup &&
            link.packets.some(
              (packet) =>
                packet.cmd === 'publish' &&
                packet.way === 'out' &&
                packet.id === delivery.id &&
                packet.seq < delivery.seq,
            )
          if (isRepeated) return undefined
          const next = link.packets.find(
            (packet): packet is Publish =>
              packet.seq > delivery.seq &&
              packet.cmd === 'publish' &&
              packet.way === 'out' &&
              packet.qos === 1 &&
              packet.id === delivery.id,
          )
          const acks = link.packets.filter(
            (packet) =>
              packet.cmd === 'puback' &&
              packet.way === 'in' &&
              packet.id === delivery.id &&
              packet.seq > delivery.seq,
          )
          const own = next === undefined || next.dup ? acks : acks.filter(({ seq }) => seq < next.seq)
          const [ack] = own
          const copies = link.packets.filter(
            (packet) =>
              packet.cmd === 'publish' &&
              packet.way === 'out' &&
              packet.id === delivery.id &&
              packet.seq >= delivery.seq,
          ).length
          if (ack === undefined) {
            // A link that ended, or a fault in between, took the acknowledgement away.
            const end = link.closed ?? view.entries.at(-1)
            const waited = end === undefined ? 0 : secondsBetween(delivery, end)
            return waited <= view.numbers.acknowledgeWarnSeconds || disturbed(view, delivery)
              ? undefined
              : fail(`a delivery was not acknowledged within ${waited.toFixed(0)} s`, citing(delivery, end))
          }
          if (own.length > copies) return fail('a delivery was acknowledged twice', citing(delivery, own))
          const seconds = secondsBetween(delivery, ack)
          if (seconds > view.numbers.acknowledgeSeconds && !disturbed(view, delivery))
            return (seconds > view.numbers.acknowledgeWarnSeconds ? fail : warn)(
              `acknowledged after ${seconds.toFixed(0)} s`,
              citing(delivery, ack),
            )
          return pass('each delivery is acknowledged once', citing(delivery, ack))
        }),
    )
    const known = judged.flatMap((one) => one ?? [])
    return known.length === 0 ? notObserved('nothing was delivered at QoS 1') : worst(known)
  }),
  rule('DUT-PROT-06', (view) =>
    during(view, 'c2d.five', (window) => {
      const deliveries = view
        .deliveries(window.entries)
        .filter(({ qos, topic }) => qos === 1 && topic.includes('/devicebound'))
      if (deliveries.length < 2)
        return inconclusive('fewer than two deliveries at QoS 1', citing(window.struck, window.over))
      const ids = deliveries.map(({ id }) => id)
      const acks = view
        .packets(window.entries)
        .filter((packet) => packet.cmd === 'puback' && packet.way === 'in' && ids.includes(packet.id))
      const order = acks.flatMap((packet) => (packet.cmd === 'puback' ? packet.id : []))
      if (order.length < ids.length) return missing(view, window, 'not every delivery was acknowledged')
      const right = ids.every((id, at) => order[at] === id)
      return (right ? pass : warn)(
        right
          ? 'acknowledged in order'
          : `acknowledged in the order ${order.join(', ')} instead of ${ids.join(', ')}`,
        citing(window.struck, deliveries, acks),
      )
    }),
  ),
  rule('DUT-PROT-07', (view) => {
    const events = `devices/${view.eventsRoot}/messages/events`
    const bound = `devices/${view.eventsRoot}/messages/devicebound/#`
    const known = (topic: string): boolean =>
      topic === events || topic.startsWith(`${events}/`) || KNOWN_OUT.some((one) => one.test(topic))
    return watched(view, 'every topic is documented and its own', [
      ...view
        .publishes()
        .filter(({ topic }) => !known(topic))
        .map((one) => fail(`PUBLISH to ${one.topic}`, citing(one))),
      ...incoming(view).flatMap((packet) =>
        packet.cmd === 'subscribe'
          ? packet.filters
              .filter(
                ({ topic }) =>
                  topic !== bound &&
                  !KNOWN_IN.some((one) => one.test(topic)) &&
                  !/^devices\/[^/]+\/modules\/[^/]+\/inputs\/#$/.test(topic),
              )
              .map(({ topic }) => fail(`SUBSCRIBE to ${topic}`, citing(packet)))
          : [],
      ),
    ])
  }),
  rule('DUT-PROT-08', (view) => {
    const subscribes = incoming(view).filter(({ cmd }) => cmd === 'subscribe')
    if (subscribes.length === 0) return notObserved('the device subscribes to nothing')
    const most = view.links.map((link) => ({
      link,
      filters: new Set(
        link.packets.flatMap((packet) =>
          packet.cmd === 'subscribe' ? packet.filters.map(({ topic }) => topic) : [],
        ),
      ),
    }))
    const bad = most.find(({ filters }) => filters.size > 5)
    return bad === undefined
      ? pass('at most five subscriptions', citing(subscribes))
      : fail(
          `${String(bad.filters.size)} subscriptions at a time`,
          citing(bad.link.packets.filter(({ cmd }) => cmd === 'subscribe')),
        )
  }),
  rule('DUT-PROT-09', (view) => {
    const timed = view.links.filter(
      ({ connect, connected }) => (connect?.keepalive ?? 0) > 0 && connected !== undefined,
    )
    const judged = timed.map((link) => gaps(view, link))
    const cut = view
      .of('refusal')
      .find(({ rule: at, received }) => at === 'WIRE-SESS-08' || /silen|nothing for/.test(received))
    const known = judged.flatMap((one) => one ?? [])
    if (cut !== undefined && !disturbedAt(view, cut.seq))
      return fail(`the hub had to cut a silent link: ${cut.received}`, citing(cut))
    return known.length === 0 ? notObserved('no link lived as long as its keep-alive') : worst(known)
  }),
  rule('DUT-PROT-10', (view) =>
    during(view, 'pingresp.missing', (window) => {
      const { struck } = window
      const ping = view
        .packets(window.entries)
        .find(({ cmd, way, seq }) => way === 'in' && cmd === 'pingreq' && seq > (struck?.seq ?? 0))
      const next = view.dials.find(
        ({ entry }) => entry.seq > (struck?.seq ?? 0) && entry.seq <= (window.over?.seq ?? Infinity),
      )
      const keepAlive = view.connects().findLast(({ seq }) => seq < (struck?.seq ?? 0))?.keepalive ?? 0
      if (struck === undefined) return inconclusive('nothing was withheld')
      const from = ping ?? struck
      if (next === undefined) return missing(view, window, 'the dead connection was not noticed')
      const seconds = secondsBetween(from, next.entry)
      const cites = citing(struck, ping, next.entry)
      const why = `noticed ${seconds.toFixed(0)} s after ${ping === undefined ? 'the silence began' : 'the first PINGREQ'}`
      if (seconds <= keepAlive + 60) return pass(why, cites, { seconds })
      return seconds <= 2.5 * keepAlive ? warn(why, cites, { seconds }) : fail(why, cites, { seconds })
    }),
  ),
  rule('DUT-PROT-11', (view) =>
    during(view, 'stop', (window) => {
      const goodbye = view
        .packets(window.entries)
        .find(({ cmd, way }) => cmd === 'disconnect' && way === 'in')
      const link = goodbye === undefined ? undefined : view.linkOf(goodbye.link)
      const { struck, over } = window
      if (goodbye === undefined || link === undefined) {
        const closed = view.of('link-closed', window.entries)[0]
        return closed === undefined
          ? missing(view, window, 'the device did not stop')
          : warn('it closed without DISCONNECT', citing(struck, closed))
      }
      const after = link.packets.find(({ seq, way }) => way === 'in' && seq > goodbye.seq)
      if (after !== undefined) return fail(`${after.cmd} was sent after DISCONNECT`, citing(goodbye, after))
      const end = view.of('link-closed', window.entries).find(({ link: id }) => id === link.id)
      return end === undefined
        ? fail('the connection stayed open after DISCONNECT', citing(goodbye, over))
        : pass('DISCONNECT, and nothing after it', citing(struck, goodbye, end))
    }),
  ),
  rule('DUT-PROT-12', (view) => {
    const judged = view.links.flatMap(({ packets }) => {
      const subscribe = packets.find(
        (packet) =>
          packet.cmd === 'subscribe' &&
          packet.filters.some(({ topic }) => topic.startsWith('$iothub/twin/res')),
      )
      if (subscribe?.cmd !== 'subscribe') return []
      const suback = packets.find(
        (packet) => packet.cmd === 'suback' && packet.id === subscribe.id && packet.seq > subscribe.seq,
      )
      const asked = packets.find(
        (packet) =>
          packet.cmd === 'publish' &&
          packet.way === 'in' &&
          packet.topic.startsWith('$iothub/twin/') &&
          packet.seq > subscribe.seq,
      )
      if (asked === undefined) return []
      return [
        suback === undefined || asked.seq < suback.seq
          ? warn('the twin was asked after SUBSCRIBE and before SUBACK', citing(subscribe, asked))
          : pass('the twin is asked after SUBACK', citing(subscribe, suback, asked)),
      ]
    })
    return judged.length === 0
      ? notObserved('the device never subscribed to twin answers and asked')
      : worst(judged)
  }),
  rule('DUT-PROT-13', (view) =>
    during(view, 'suback.withheld', (window) => {
      const fired = view
        .of('fault', window.entries)
        .find(({ name, phase }) => name === 'mqtt.suback.withhold' && phase === 'fired')
      if (fired === undefined) return inconclusive('no SUBACK was withheld', citing(window.struck))
      const again = view
        .packets(window.entries)
        .find(({ cmd, seq }) => cmd === 'subscribe' && seq > fired.seq)
      const dial = view.dials.find(
        ({ entry }) => entry.seq > fired.seq && entry.seq <= (window.over?.seq ?? Infinity),
      )
      const reaction = again ?? dial?.entry
      if (reaction === undefined)
        return missing(view, window, 'SUBSCRIBE was not repeated: the device is deaf and does not know')
      const seconds = secondsBetween(fired, reaction)
      const why = `${again === undefined ? 'a new connection' : 'SUBSCRIBE again'} after ${seconds.toFixed(0)} s`
      return (seconds <= 60 ? pass : seconds <= 300 ? warn : fail)(why, citing(fired, reaction), { seconds })
    }),
  ),
  rule('DUT-PROT-14', (view) =>
    during(view, 'malformed', (window) => {
      const fired = view
        .of('fault', window.entries)
        .filter(({ name, phase }) => name.endsWith('.malformed') && phase === 'fired')
      if (fired.length === 0) return inconclusive('nothing malformed was sent', citing(window.struck))
      return worst(fired.map((fault) => afterMalformed(view, window, fault)))
    }),
  ),
]
