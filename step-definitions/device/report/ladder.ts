/** The evidence of a row as a ladder: what passed between device and hub, around the entries that the verdict rests on. */

import type { Entry, Recording } from '../recording/entries.ts'

/** Lines of a ladder at most. */
const LONGEST = 40
/** Entries shown before the first and after the last that is cited. */
const AROUND = 3

export interface Rung {
  readonly at: string
  readonly side: 'device' | 'hub' | 'note'
  readonly text: string
  readonly cited: boolean
}

export function ladder({ entries }: Recording, cites: readonly number[]): readonly Rung[] {
  if (cites.length === 0) return []
  const cited = new Set(cites)
  const wanted = new Set<number>()
  for (const seq of cites.slice(0, LONGEST))
    for (let near = seq - AROUND; near <= seq + AROUND; near++) wanted.add(near)
  const shown = entries.filter(({ seq }) => wanted.has(seq)).slice(0, LONGEST)
  return shown.map((entry) => ({ at: timeOf(entry.at), cited: cited.has(entry.seq), ...lineOf(entry) }))
}

export function ladderText(rungs: readonly Rung[]): string {
  const arrow = { device: '→', hub: '←', note: '·' } as const
  return rungs
    .map(({ at, side, text, cited }) => `${cited ? '*' : ' '} ${at}  ${arrow[side]} ${text}`)
    .join('\n')
}

function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 23)
}

function lineOf(entry: Entry): Pick<Rung, 'side' | 'text'> {
  const note = (text: string): Pick<Rung, 'side' | 'text'> => ({ side: 'note', text })
  switch (entry.type) {
    case 'packet':
      return { side: entry.way === 'in' ? 'device' : 'hub', text: packetText(entry) }
    case 'dialled':
      return { side: 'device', text: `dialled port ${String(entry.port)} from ${entry.peer}` }
    case 'tls-hello':
      return {
        side: 'device',
        text:
          entry.offer === undefined
            ? `spoke no TLS: ${JSON.stringify(entry.clear)}`
            : `ClientHello: ${entry.offer.versions.join(', ')}; ${String(entry.offer.suites.length)} suites; SNI ${entry.offer.serverName ?? 'none'}`,
      }
    case 'tls-ended':
      return {
        side: 'device',
        text: entry.finished
          ? `finished the handshake: ${entry.version ?? ''} ${entry.cipher ?? ''}`
          : `broke the handshake off: ${entry.alert === undefined ? (entry.code ?? '') : `alert ${entry.alert}`}`,
      }
    case 'link-closed':
      return note(`link ${entry.link} closed: ${entry.reason}`)
    case 'connected':
      return note(`connected on ${entry.link}`)
    case 'disconnected':
      return note(`disconnected: ${entry.reason}`)
    case 'refusal':
      return { side: 'hub', text: `refused with ${String(entry.code)}: ${entry.received}` }
    case 'fault':
      return note(`fault ${entry.name} ${entry.phase === 'fired' ? 'struck' : entry.phase}`)
    case 'provocation':
      return note(
        `provocation ${entry.name}: ${entry.state}${entry.reason === undefined ? '' : ` (${entry.reason})`}`,
      )
    case 'service':
      return note(`service: ${entry.what} ${entry.key} ${JSON.stringify(entry.detail)}`)
    case 'answer':
      return note(
        `answer to ${entry.key}: ${entry.ok ? `status ${String(entry.status ?? '')}` : (entry.text ?? 'none')}`,
      )
    case 'trigger':
      return note(`trigger ${entry.name} (${entry.kind}): ${entry.ok ? 'done' : (entry.text ?? 'failed')}`)
    case 'probe':
      return note(`the conductor’s own connection: ${entry.ok ? 'good' : (entry.text ?? 'failed')}`)
    case 'alive':
      return note(`alive after ${entry.after}: ${entry.ok ? 'yes' : 'no'} (${entry.by})`)
    case 'recovery':
      return note(`recovery after ${entry.after}: ${entry.how}: ${entry.ok ? 'good' : 'failed'}`)
    case 'feedback':
      return note(`message ${entry.messageId}: ${entry.status}`)
    case 'decoy':
      return { side: 'device', text: `port ${String(entry.port)} in clear: ${String(entry.bytes)} bytes` }
    case 'secret':
      return { side: 'device', text: `sent ${entry.what} in a ${entry.where}` }
    case 'request':
      return { side: 'device', text: `${entry.method} ${entry.url} → ${String(entry.status)}` }
    default:
      return note(entry.type)
  }
}

function packetText(entry: Extract<Entry, { type: 'packet' }>): string {
  switch (entry.cmd) {
    case 'connect':
      return `CONNECT ${entry.clientId} clean=${entry.clean ? '1' : '0'} keepalive=${String(entry.keepalive)} password=***`
    case 'connack':
      return `CONNACK ${String(entry.code)} session=${entry.present ? '1' : '0'}`
    case 'publish':
      return `PUBLISH q${String(entry.qos)}${entry.dup ? ' DUP' : ''}${entry.id === 0 ? '' : ` id=${String(entry.id)}`} ${entry.topic}  ${(entry.text ?? `${String(entry.bytes)} bytes`).slice(0, 80)}`
    case 'subscribe':
      return `SUBSCRIBE ${entry.filters.map(({ topic }) => topic).join(', ')}`
    case 'unsubscribe':
      return `UNSUBSCRIBE ${entry.filters.join(', ')}`
    case 'puback':
    case 'suback':
    case 'unsuback':
      return `${entry.cmd.toUpperCase()} id=${String(entry.id)}`
    case 'pingreq':
    case 'pingresp':
    case 'disconnect':
      return entry.cmd.toUpperCase()
  }
}
