/** Messages that are sent again. */

import { disturbed } from './disturbed.ts'
import type { Publish, View } from '../view.ts'
import { citing, fail, warn, type Judgement } from '../words.ts'

/** What is wrong with messages that are sent again, read in order: what is not acknowledged is open, on later links too. */
export function repetitions(view: View): readonly Judgement[] {
  const bad: Judgement[] = []
  const open = new Map<number, Publish>()
  for (const link of view.links) {
    // How many packets with an id it has sent on this link.
    let own = 0
    for (const packet of link.packets) {
      if (packet.way === 'in' && 'id' in packet && packet.cmd !== 'puback' && packet.id > 0) own++
      if (packet.cmd === 'puback' && packet.way === 'out') open.delete(packet.id)
      if (packet.cmd !== 'publish' || packet.way !== 'in' || packet.qos !== 1) continue
      const isCopy = (one: Publish): boolean => one.hash === packet.hash && one.topic === packet.topic
      const same = open.get(packet.id)
      const isSame = same !== undefined && isCopy(same)
      // What a lost link swallowed was sent, and never seen.
      const mayBeLost =
        link !== view.links[0] && packet.at - (link.connected?.at ?? 0) < view.numbers.settleSeconds * 1000
      const other = [...open.values()].find((one) => one !== same && isCopy(one))
      if (packet.dup) {
        if (!isSame && !mayBeLost && !disturbed(view, packet))
          bad.push(fail('DUP is set on a first sending', citing(packet)))
      } else if (
        isSame &&
        // Whoever counts anew on each link may come to the same number; in a new session it is another packet.
        (same.link === packet.link || (link.connack?.present === true && packet.id > own))
      )
        bad.push(fail('a packet is sent again under its id without DUP', citing(same, packet)))
      else if (isSame || (other !== undefined && (other.link !== packet.link || !disturbed(view, packet))))
        bad.push(warn('a message is sent again as a new one, without DUP', citing(other ?? same, packet)))
      if (other !== undefined) open.delete(other.id)
      open.set(packet.id, packet)
    }
  }
  return bad
}
