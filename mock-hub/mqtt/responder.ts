/** The answers of one connection, on the one way out where levers can strike them. */

import type { Hub } from '../core/contract/hub.ts'
import type { InjectedFaults } from './faults/injected-faults.ts'
import type { OutgoingQueue } from './outgoing-queue.ts'
import { PacketFaults, number } from './faults/packet-faults.ts'
import type { Answer } from './faults/packet-faults.ts'
import { connack, suback } from './codec/packets.ts'
import { changedTwinAnswer } from './requests.ts'
import type { TwinAnswer } from './requests.ts'
import { formatTwinResponse } from './codec/topics.ts'

export interface ResponderPort {
  readonly hub: Hub
  readonly injected: InjectedFaults
  readonly out: OutgoingQueue
  readonly up: boolean
  readonly over: boolean
  /** Whom the link stands for, or claims to. */
  readonly key: string | undefined
  record(direction: 'out', cmd: string, packet: object): void
  close(reason: 'fault'): void
}

/** Levers of CONNACK that strike the packet itself; `code`, `withhold` and `close` have struck before. */
const CONNACK_EFFECTS = ['delay', 'session_present', 'drop_after', 'repeat', 'malformed']
/** A remaining length that never ends. */
const GARBAGE = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])

export class Responder {
  readonly #port: ResponderPort
  readonly #faults: PacketFaults

  constructor(port: ResponderPort) {
    this.#port = port
    this.#faults = new PacketFaults(port.hub.faults, port.hub.clock)
  }

  /** A packet as it is; no lever strikes. */
  send(cmd: string, bytes: Buffer, packet: object): void {
    if (this.#port.over) return
    this.#port.record('out', cmd, packet)
    this.#port.out.send(bytes)
  }

  puback(packetId: number): void {
    const { up, out, injected, key, hub } = this.#port
    if (!up) return
    if (this.#faults.idle && injected.idle) {
      out.puback(packetId)
      return
    }
    const send = (): void => {
      if (this.#port.up) out.puback(packetId)
    }
    const holdMs = injected.holdMs(key ?? '')
    if (holdMs > 0) {
      hub.clock.schedule(holdMs, send)
      return
    }
    this.#leave('mqtt.puback', send, (effect, parameters) => {
      if (effect !== 'forge') return false
      out.puback(number(parameters['packetId'], (packetId % 0xffff) + 1))
      return true
    })
  }

  /** @param arrived called once, when the first CONNACK has left. */
  connack(sessionPresent: boolean, arrived: () => void): void {
    let first = true
    const sendWith = (present: boolean): void => {
      this.send('connack', connack(0, present), { cmd: 'connack', returnCode: 0, sessionPresent: present })
      if (first) arrived()
      first = false
    }
    const change: Answer['sendChanged'] = (effect, parameters) => {
      if (effect !== 'session_present') return false
      sendWith(parameters['value'] === true)
      return true
    }
    const send = (): void => {
      sendWith(sessionPresent)
    }
    this.#leave('mqtt.connack', send, change, CONNACK_EFFECTS)
  }

  suback(packetId: number, granted: readonly number[]): void {
    const sendCodes = (codes: readonly number[]): void => {
      this.send('suback', suback(packetId, codes), { cmd: 'suback', messageId: packetId, granted: codes })
    }
    const send = (): void => {
      sendCodes(granted)
    }
    this.#leave('mqtt.suback', send, (effect, parameters) => {
      if (effect !== 'code') return false
      sendCodes(granted.map(() => number(parameters['code'], 0x80)))
      return true
    })
  }

  unsuback(packetId: number, bytes: Buffer): void {
    this.#leave('mqtt.unsuback', () => {
      this.send('unsuback', bytes, { cmd: 'unsuback', messageId: packetId })
    })
  }

  pingresp(bytes: Buffer): void {
    this.#leave('mqtt.pingresp', () => {
      this.send('pingresp', bytes, { cmd: 'pingresp' })
    })
  }

  twin(answer: TwinAnswer, qos: 0 | 1): void {
    const send = ({ status, requestId, version, body }: TwinAnswer): void => {
      if (!this.#port.up) return
      this.#port.out.publish({ topic: formatTwinResponse(status, requestId, version), payload: body, qos })
    }
    const sendIt = (): void => {
      send(answer)
    }
    this.#leave('twin.response', sendIt, (effect, parameters) => {
      const changed = changedTwinAnswer(answer, effect, parameters, this.#port.hub.clock.now())
      if (changed !== undefined) send(changed)
      return changed !== undefined
    })
  }

  #leave(
    point: string,
    send: () => void,
    sendChanged: Answer['sendChanged'] = () => false,
    effects?: readonly string[],
  ): void {
    if (this.#faults.idle) {
      send()
      return
    }
    const answer: Answer = {
      send,
      sendChanged,
      close: () => {
        this.#port.close('fault')
      },
      sendGarbage: () => {
        if (!this.#port.over) this.#port.out.send(GARBAGE)
      },
    }
    this.#faults.answer(point, this.#port.key, answer, effects)
  }
}
