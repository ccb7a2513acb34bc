/** A recording as the rules read it: connections, links with their packets, and the windows of provocations. */

import type { DeviceFile } from '../file/device-file.ts'
import { identityOf } from '../file/device-file.ts'
import type { Numbers } from '../catalogue/numbers.ts'
import type { Entry, EntryOf, EntryType, PacketEntry, RecordingHeader } from '../recording/entries.ts'

export type Connect = Extract<PacketEntry, { cmd: 'connect' }>
export type Publish = Extract<PacketEntry, { cmd: 'publish' }>
export type Subscribe = Extract<PacketEntry, { cmd: 'subscribe' }>

/** A TCP connection of the device. */
export interface Dial {
  readonly entry: EntryOf<'dialled'>
  hello?: EntryOf<'tls-hello'>
  ended?: EntryOf<'tls-ended'>
  link?: Link
  /** The fault `tcp.refuse` or `tls.*` that struck it. */
  fault?: EntryOf<'fault'>
}

/** A connection on which the device speaks MQTT. */
export interface Link {
  readonly entry: EntryOf<'link-opened'>
  readonly id: string
  dial?: Dial
  connect?: Connect
  connack?: Extract<PacketEntry, { cmd: 'connack' }>
  connected?: EntryOf<'connected'>
  disconnected?: EntryOf<'disconnected'>
  closed?: EntryOf<'link-closed'>
  readonly packets: PacketEntry[]
  readonly refusals: EntryOf<'refusal'>[]
}

/** One carrying out of a provocation. */
export interface Window {
  readonly name: string
  readonly attempt: number
  readonly settled: boolean
  readonly begun: EntryOf<'provocation'>
  readonly struck?: EntryOf<'provocation'>
  readonly released?: EntryOf<'provocation'>
  readonly over?: EntryOf<'provocation'>
  /** From `begun` to `over`. */
  readonly entries: readonly Entry[]
  /** `over` says so when it went wrong. */
  readonly trouble?: string
}

export class View {
  readonly header: RecordingHeader
  readonly file: DeviceFile
  readonly numbers: Numbers
  readonly entries: readonly Entry[]
  readonly identity: string
  readonly dials: readonly Dial[]
  readonly links: readonly Link[]
  readonly #windows = new Map<string, Window[]>()
  readonly #leftOut = new Map<string, string>()
  readonly #dials: Dial[] = []
  readonly #links = new Map<string, Link>()

  constructor(header: RecordingHeader, entries: readonly Entry[], file: DeviceFile, numbers: Numbers) {
    this.header = header
    this.file = file
    this.numbers = numbers
    this.entries = entries
    this.identity = identityOf(file)
    this.#readWindows()
    for (const entry of entries) this.#read(entry)
    this.dials = this.#dials
    this.links = [...this.#links.values()]
  }

  of<T extends EntryType>(type: T, among: readonly Entry[] = this.entries): readonly EntryOf<T>[] {
    return among.filter((entry): entry is EntryOf<T> => entry.type === type)
  }

  /** All packets of the device, in order. */
  packets(among: readonly Entry[] = this.entries): readonly PacketEntry[] {
    return this.of('packet', among)
  }

  publishes(among: readonly Entry[] = this.entries): readonly Publish[] {
    return this.packets(among).filter(
      (packet): packet is Publish => packet.cmd === 'publish' && packet.way === 'in',
    )
  }

  deliveries(among: readonly Entry[] = this.entries): readonly Publish[] {
    return this.packets(among).filter(
      (packet): packet is Publish => packet.cmd === 'publish' && packet.way === 'out',
    )
  }

  telemetry(among: readonly Entry[] = this.entries): readonly Publish[] {
    return this.publishes(among).filter(({ topic }) =>
      topic.startsWith(`devices/${this.eventsRoot}/messages/events`),
    )
  }

  get eventsRoot(): string {
    return this.identity.replace('/', '/modules/')
  }

  connects(): readonly Connect[] {
    return this.links.flatMap(({ connect }) => connect ?? [])
  }

  /** The windows of a provocation, in order. */
  windows(name: string): readonly Window[] {
    return this.#windows.get(name) ?? []
  }

  /** All windows. */
  get allWindows(): readonly Window[] {
    return [...this.#windows.values()].flat().sort((a, b) => a.begun.seq - b.begun.seq)
  }

  /** The last one that struck, else the last; undefined: it was not carried out. */
  window(name: string): Window | undefined {
    const all = this.windows(name)
    return all.findLast(({ struck, trouble }) => struck !== undefined && trouble === undefined) ?? all.at(-1)
  }

  /** Why a provocation was left out; undefined: it was not. */
  leftOut(name: string): string | undefined {
    return this.#leftOut.get(name)
  }

  linkOf(id: string): Link | undefined {
    return this.#links.get(id)
  }

  /** Links that were connected within a window. */
  connectedIn({ entries }: Window): readonly Link[] {
    return this.of('connected', entries).flatMap(({ link }) => this.#links.get(link) ?? [])
  }

  dialsIn(from: number, to: number): readonly Dial[] {
    return this.dials.filter(({ entry: { at } }) => at >= from && at <= to)
  }

  /** The window during which something happened. */
  windowAt(seq: number): Window | undefined {
    return this.allWindows.findLast(({ begun, over }) => begun.seq <= seq && seq <= (over?.seq ?? Infinity))
  }

  #readWindows(): void {
    const open = new Map<string, number>()
    const states = this.of('provocation')
    for (const state of states) {
      const { name } = state
      if (state.state === 'left-out') this.#leftOut.set(name, state.reason ?? 'not said')
      if (state.state !== 'begun') continue
      open.set(name, state.seq)
      const own = states.filter(
        (one) => one.name === name && one.attempt === state.attempt && one.seq >= state.seq,
      )
      const next = own.findIndex((one) => one !== state && one.state === 'begun')
      const mine = next < 0 ? own : own.slice(0, next)
      const find = (which: string): EntryOf<'provocation'> | undefined =>
        mine.find((one) => one.state === which)
      const [struck, released, over] = [find('struck'), find('released'), find('over')]
      const last = over?.seq ?? Infinity
      this.#windows.set(name, [
        ...(this.#windows.get(name) ?? []),
        {
          ...{ name, attempt: state.attempt, settled: state.settled === true, begun: state },
          ...(struck === undefined ? {} : { struck }),
          ...(released === undefined ? {} : { released }),
          ...(over === undefined ? {} : { over }),
          entries: this.entries.filter(({ seq }) => seq >= state.seq && seq <= last),
          ...(over?.reason === undefined ? {} : { trouble: over.reason }),
        },
      ])
    }
  }

  #read(entry: Entry): void {
    switch (entry.type) {
      case 'dialled':
        this.#dials.push({ entry })
        return
      case 'tls-hello':
        this.#with(entry.peer, (dial) => (dial.hello = entry))
        return
      case 'tls-ended':
        this.#with(entry.peer, (dial) => (dial.ended = entry))
        return
      case 'fault': {
        // The hub tells of a fault in the same turn in which it accepts the connection.
        const last = this.#dials.at(-1)
        if (
          entry.phase === 'fired' &&
          /^(tls\.|tcp\.refuse)/.test(entry.name) &&
          last !== undefined &&
          last.fault === undefined
        )
          last.fault = entry
        return
      }
      case 'link-opened': {
        const dial = this.#dials.findLast((one) => one.entry.peer === entry.peer)
        const link: Link = {
          entry,
          id: entry.link,
          packets: [],
          refusals: [],
          ...(dial === undefined ? {} : { dial }),
        }
        if (dial !== undefined) dial.link = link
        this.#links.set(entry.link, link)
        return
      }
      case 'connected':
      case 'disconnected': {
        const link = this.#links.get(entry.link)
        if (link === undefined) return
        if (entry.type === 'connected') link.connected = entry
        else link.disconnected = entry
        return
      }
      case 'link-closed': {
        const link = this.#links.get(entry.link)
        if (link !== undefined) link.closed = entry
        return
      }
      case 'refusal':
        if (entry.link !== undefined) this.#links.get(entry.link)?.refusals.push(entry)
        return
      case 'packet': {
        const link = this.#links.get(entry.link)
        if (link === undefined) return
        link.packets.push(entry)
        if (entry.cmd === 'connect') link.connect ??= entry
        if (entry.cmd === 'connack') link.connack ??= entry
        return
      }
      default:
    }
  }

  #with(peer: string, change: (dial: Dial) => void): void {
    const dial = this.#dials.findLast(({ entry }) => entry.peer === peer)
    if (dial !== undefined) change(dial)
  }
}

/** Seconds between two entries. */
export function secondsBetween(from: { readonly at: number }, to: { readonly at: number }): number {
  return (to.at - from.at) / 1000
}
