/** Packets of MQTT 3.1.1 from the entries of a recording. What a recording does not keep is shown as such. */

import type { PacketEntry, ShownToken } from '../recording/entries.ts'

const HIDDEN = '***'
const FILLER = '.'
const TYPES = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const
/** The flags that these packets always have. */
const FLAGS: Readonly<Record<string, number>> = { subscribe: 2, unsubscribe: 2 }
/** The hub grants no more. */
const LARGEST_QOS = 1

/** @param filters what was subscribed to under the id of a SUBACK. */
export function mqttBytes(packet: PacketEntry, filters: readonly { readonly qos: number }[] = []): Buffer {
  const { cmd } = packet
  const flags =
    cmd === 'publish' ? (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0) : (FLAGS[cmd] ?? 0)
  const body = Buffer.concat(bodyOf(packet, filters))
  return Buffer.concat([Buffer.from([(TYPES[cmd] << 4) | flags, ...lengthOf(body.length)]), body])
}

function bodyOf(packet: PacketEntry, filters: readonly { readonly qos: number }[]): readonly Buffer[] {
  switch (packet.cmd) {
    case 'connect': {
      const { clientId, username, keepalive, clean, will, token } = packet
      const hidden = token === undefined ? HIDDEN : tokenText(token)
      const password = token === undefined && packet.password === undefined ? [] : [text(hidden)]
      const flags =
        (username === '' ? 0 : 0x80) |
        (password.length === 0 ? 0 : 0x40) |
        (will === undefined ? 0 : 4 | (will.qos << 3) | (will.retain ? 0x20 : 0)) |
        (clean ? 2 : 0)
      return [
        ...[text('MQTT'), Buffer.from([4, flags]), number(keepalive), text(clientId)],
        ...(will === undefined ? [] : [text(will.topic), text(HIDDEN)]),
        ...(username === '' ? [] : [text(username)]),
        ...password,
      ]
    }
    case 'connack':
      return [Buffer.from([packet.present ? 1 : 0, packet.code])]
    case 'publish': {
      const { topic, qos, id, bytes, text: body } = packet
      return [text(topic), ...(qos === 0 ? [] : [number(id)]), Buffer.from(body ?? FILLER.repeat(bytes))]
    }
    case 'subscribe':
      return [
        number(packet.id),
        ...packet.filters.flatMap(({ topic, qos }) => [text(topic), Buffer.from([qos])]),
      ]
    case 'suback':
      return [number(packet.id), Buffer.from(filters.map(({ qos }) => Math.min(qos, LARGEST_QOS)))]
    case 'unsubscribe':
      return [number(packet.id), ...packet.filters.map((filter) => text(filter))]
    case 'puback':
    case 'unsuback':
      return [number(packet.id)]
    default:
      return []
  }
}

function tokenText({ sr = '', se, skn }: ShownToken): string {
  const policy = skn === undefined ? '' : `&skn=${encodeURIComponent(skn)}`
  return `SharedAccessSignature sr=${encodeURIComponent(sr)}&sig=${HIDDEN}&se=${String(se ?? '')}${policy}`
}

function number(value: number): Buffer {
  return Buffer.from([(value >> 8) & 255, value & 255])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([number(bytes.length), bytes])
}

function lengthOf(bytes: number): readonly number[] {
  const length: number[] = []
  for (let rest = bytes; ; rest >>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128)
    if (rest < 128) return length
  }
}
