/** A test client of the AMQP server that writes frames itself, so that it can break the rules. */

import { duplexPair } from 'node:stream'
import { AMQP_FRAME, FrameReader, frameOf, protocolHeader } from '../codec/frames.ts'
import type {
  AmqpError,
  Performative,
  PerformativeName,
  Performatives,
} from '../codec/performative-fields.ts'
import type { AmqpServer } from '../server.ts'

export interface RawClient {
  send<K extends PerformativeName>(channel: number, name: K, fields: Performatives[K], payload?: Buffer): void
  write(bytes: Buffer): void
  /** The frames of the hub, in order. */
  readonly frames: readonly (Performative & { readonly channel: number })[]
  /** Empty frames of the hub. */
  readonly heartbeats: number
  /** Waits for the next frame of this name, also if it has come already. */
  next<K extends PerformativeName>(name: K): Promise<Performatives[K]>
  /** The hub has ended the stream. */
  readonly ended: Promise<void>
  readonly isEnded: boolean
}

/** @param open fields of the client's OPEN beside its container id; undefined: it sends none. */
export function rawClient(
  server: Pick<AmqpServer, 'accept'>,
  open: Partial<Performatives['open']> | undefined = {},
): RawClient {
  const [near, far] = duplexPair()
  server.accept(far, { transport: 'amqp', peer: 'test' })
  const reader = new FrameReader(65_536)
  const frames: (Performative & { readonly channel: number })[] = []
  const taken = new Map<PerformativeName, number>()
  let heartbeats = 0
  let isEnded = false
  let wake: () => void = () => undefined
  let skip = 8
  near.on('data', (chunk: Buffer) => {
    // The header of the hub comes first.
    const rest = chunk.subarray(skip)
    skip = Math.max(0, skip - chunk.length)
    reader.push(rest)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next())
      if (frame.performative === undefined) heartbeats++
      else frames.push({ ...frame.performative, channel: frame.channel })
    wake()
  })
  const ended = new Promise<void>((resolve) => {
    near.once('end', () => {
      isEnded = true
      resolve()
    })
  })
  const client: RawClient = {
    send: (channel, name, fields, payload) => {
      near.write(frameOf(AMQP_FRAME, channel, name, fields, payload))
    },
    write: (bytes) => {
      near.write(bytes)
    },
    frames,
    next: async (name) => {
      const count = taken.get(name) ?? 0
      taken.set(name, count + 1)
      for (;;) {
        const found = frames.filter((frame) => frame.name === name)[count]
        if (found !== undefined) return found.fields as never // the fields of that name
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    ended,
    get heartbeats() {
      return heartbeats
    },
    get isEnded() {
      return isEnded
    },
  }
  near.write(protocolHeader(0))
  client.send(0, 'open', { containerId: 'c', ...open })
  return client
}

/** Begins a session on a channel and attaches a link on which the client sends. */
export function attach(client: RawClient, fields: Partial<Performatives['attach']> = {}, channel = 0): void {
  const address = '$cbs'
  const terminus = { address, dynamic: false, filter: undefined }
  client.send(channel, 'attach', {
    ...{ name: 'link', handle: 0, role: false, initialDeliveryCount: 0 },
    ...{ source: terminus, target: terminus },
    ...fields,
  })
}

export function begin(client: RawClient, channel = 0, fields: Partial<Performatives['begin']> = {}): void {
  client.send(channel, 'begin', {
    ...{ nextOutgoingId: 0, incomingWindow: 2_048, outgoingWindow: 2_048 },
    ...fields,
  })
}

/** The error of a CLOSE, END or DETACH. */
export const conditionIn = ({ error }: { readonly error?: AmqpError | undefined }): string | undefined =>
  error?.condition
