/** Sends the answers to a client's packets; faults of the answers are injected here. */

import type { Hub } from '../core/contract/hub.ts'
import { connack, suback, unsuback, PINGRESP } from './codec/packets.ts'
import { formatTwinResponse } from './codec/topics.ts'
import { PacketFaults, number } from './faults/packet-faults.ts'
import type { Answer } from './faults/packet-faults.ts'
import { changedTwinAnswer } from './faults/twin-answer-faults.ts'
import type { OutgoingQueue } from './outgoing-queue.ts'
import type { PacketWriter } from './packet-writer.ts'
import type { TwinAnswer } from './twin-answer.ts'

/** Effects that change a CONNACK on its way out; `code`, `withhold` and `close` are injected when CONNECT arrives. */
const CONNACK_EFFECTS = ['delay', 'session_present', 'drop_after', 'repeat', 'malformed']
/** A remaining length that does not end. */
const GARBAGE = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])

export class Responder {
  readonly #hub: Hub
  readonly #writer: PacketWriter
  readonly #out: OutgoingQueue
  readonly #faults: PacketFaults
  readonly #close: () => void

  /** @param close closes the connection, when a fault says so. */
  constructor(hub: Hub, writer: PacketWriter, out: OutgoingQueue, close: () => void) {
    this.#hub = hub
    this.#writer = writer
    this.#out = out
    this.#faults = new PacketFaults(hub.faults, hub.clock)
    this.#close = close
  }

  /** CONNACK with a return code other than 0. */
  refuseConnect(returnCode: number): void {
    this.#send('connack', connack(returnCode), { cmd: 'connack', returnCode, sessionPresent: false })
  }

  /** @param sent called once, when the first CONNACK has been written. */
  connack(sessionPresent: boolean, sent: () => void): void {
    let first = true
    const sendWith = (present: boolean): void => {
      this.#send('connack', connack(0, present), { cmd: 'connack', returnCode: 0, sessionPresent: present })
      if (first) sent()
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
    this.#answer('mqtt.connack', send, change, CONNACK_EFFECTS)
  }

  puback(packetId: number): void {
    if (this.#faults.idle) {
      this.#out.puback(packetId)
      return
    }
    const send = (): void => {
      this.#out.puback(packetId)
    }
    this.#answer('mqtt.puback', send, (effect, parameters) => {
      if (effect !== 'forge') return false
      this.#out.puback(number(parameters['packetId'], (packetId % 0xffff) + 1))
      return true
    })
  }

  suback(packetId: number, granted: readonly number[]): void {
    const sendCodes = (codes: readonly number[]): void => {
      this.#send('suback', suback(packetId, codes), { cmd: 'suback', messageId: packetId, granted: codes })
    }
    const send = (): void => {
      sendCodes(granted)
    }
    this.#answer('mqtt.suback', send, (effect, parameters) => {
      if (effect !== 'code') return false
      sendCodes(granted.map(() => number(parameters['code'], 0x80)))
      return true
    })
  }

  unsuback(packetId: number): void {
    this.#answer('mqtt.unsuback', () => {
      this.#send('unsuback', unsuback(packetId), { cmd: 'unsuback', messageId: packetId })
    })
  }

  pingresp(): void {
    this.#answer('mqtt.pingresp', () => {
      this.#send('pingresp', PINGRESP, { cmd: 'pingresp' })
    })
  }

  twin(answer: TwinAnswer, qos: 0 | 1): void {
    const sendAnswer = ({ status, requestId, version, body }: TwinAnswer): void => {
      if (!this.#writer.open) return
      this.#out.publish({ topic: formatTwinResponse(status, requestId, version), payload: body, qos })
    }
    const send = (): void => {
      sendAnswer(answer)
    }
    this.#answer('twin.response', send, (effect, parameters) => {
      const changed = changedTwinAnswer(answer, effect, parameters, this.#hub.clock.now())
      if (changed !== undefined) sendAnswer(changed)
      return changed !== undefined
    })
  }

  #send(cmd: string, bytes: Buffer, packet: object): void {
    if (!this.#writer.open) return
    this.#writer.record('out', cmd, packet)
    this.#out.send(bytes)
  }

  #answer(
    point: string,
    send: () => void,
    sendChanged: Answer['sendChanged'] = () => false,
    effects?: readonly string[],
  ): void {
    if (!this.#writer.open) return
    if (this.#faults.idle) {
      send()
      return
    }
    const answer: Answer = {
      send,
      sendChanged,
      close: this.#close,
      sendGarbage: () => {
        this.#out.send(GARBAGE)
      },
    }
    this.#faults.answer(point, this.#writer.identity, answer, effects)
  }
}
