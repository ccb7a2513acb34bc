/** What the suite disturbs itself, and the silences of a device. */

import type { PacketEntry } from '../../recording/entries.ts'
import { secondsBetween, type Link, type Publish, type View } from '../view.ts'
import { citing, fail, pass, warn, worst, type Judgement } from '../words.ts'

export function isAcknowledged(view: View, { link, id, seq }: Publish): boolean {
  return (
    view
      .linkOf(link)
      ?.packets.some(
        (packet) => packet.cmd === 'puback' && packet.way === 'out' && packet.id === id && packet.seq > seq,
      ) === true
  )
}

/** The acknowledgement of a delivery, before its packet id stands for another one. */
export function acknowledgementOf(view: View, { link, id, seq, way }: Publish): PacketEntry | undefined {
  const later = view.linkOf(link)?.packets.filter((packet) => packet.seq > seq) ?? []
  const found = later.find(
    (packet) =>
      ('id' in packet && packet.id === id && packet.cmd === 'puback' && packet.way !== way) ||
      (packet.cmd === 'publish' && packet.way === way && packet.id === id && packet.qos === 1 && !packet.dup),
  )
  return found?.cmd === 'puback' ? found : undefined
}

/** Provocations during which packets vanish or wait by order of the suite. */
const DISTURBING =
  /^(throttled|quota|loss\.|pingresp|bytes\.|c2d\.repeated|c2d\.five|puback|suback|malformed|unasked|tls\.|tcp\.|connack|refused|token|clock|backoff|large|session|twin\.away|method\.again)/

export function disturbedAt(view: View, seq: number): boolean {
  return DISTURBING.test(view.windowAt(seq)?.name ?? '')
}

export const disturbed = (view: View, { seq }: { readonly seq: number }): boolean => disturbedAt(view, seq)

/** The longest silence of the device on a link, against its keep-alive. */
export function gaps(view: View, { connect, connected, packets, closed }: Link): Judgement | undefined {
  const keepAlive = connect?.keepalive ?? 0
  const sent = packets.filter(({ way, seq }) => way === 'in' && seq >= (connected?.seq ?? 0))
  const moments = [
    ...(connected === undefined ? [] : [connected]),
    ...sent,
    ...(closed === undefined ? [] : [closed]),
  ]
  const first = moments[0]
  const last = moments.at(-1)
  if (first === undefined || last === undefined || secondsBetween(first, last) < keepAlive) return undefined
  const { keepAliveSlack } = view.numbers
  const bad = moments.slice(1).flatMap((moment, at) => {
    const before = moments[at] ?? moment
    const gap = secondsBetween(before, moment)
    if (
      gap <= keepAlive * (1 + keepAliveSlack) ||
      disturbedAt(view, before.seq) ||
      disturbedAt(view, moment.seq)
    )
      return []
    const why = `silent for ${gap.toFixed(0)} s with a keep-alive of ${String(keepAlive)} s`
    return [(gap <= 1.4 * keepAlive ? warn : fail)(why, citing(before, moment))]
  })
  return bad.length > 0 ? worst(bad) : pass('it pings within its keep-alive', citing(moments))
}
