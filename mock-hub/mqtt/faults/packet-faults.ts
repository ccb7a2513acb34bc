/** Faults of answers on their way out: CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP and twin answers. */

import { forPurpose, type Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Faults } from '../../core/contract/faults.ts'

type Parameters = Readonly<Record<string, Json>>

/** An answer that is about to be sent. */
export interface Answer {
  /** Sends it as it is. */
  send(): void
  /**
   * Sends it changed, for effects that change the packet.
   * @returns false: this answer cannot be changed that way.
   */
  sendChanged(effect: string, parameters: Parameters): boolean
  /** Closes the connection. */
  close(): void
  /** Sends bytes that are not a packet. */
  sendGarbage(): void
}

/** The faults of one connection, with what they remember between packets. */
export class PacketFaults {
  readonly #faults: Faults
  readonly #clock: Clock
  /** Answers that are sent after the next one of their kind, by point. */
  #reordered: Map<string, Answer> | undefined

  constructor(faults: Faults, clock: Clock) {
    this.#faults = faults
    this.#clock = clock
  }

  /** Nothing is armed and nothing is held back: a hot path asks this first. */
  get idle(): boolean {
    return this.#faults.idle && this.#reordered === undefined
  }

  /**
   * Sends an answer, or does with it what an armed fault says.
   * @param point the name of the fault types without the last part, such as `mqtt.puback`.
   * @param effects only faults with these effects are injected; left out: all.
   */
  answer(point: string, identity: string | undefined, answer: Answer, effects?: readonly string[]): void {
    const match = this.#faults.idle ? undefined : this.#faults.match(point, identity, effects)
    if (match?.effect === 'reorder') {
      this.#reordered ??= new Map()
      this.#reordered.set(point, answer)
      return
    }
    if (match === undefined) answer.send()
    else this.#inject(match.effect, match.parameters, answer)
    const held = this.#reordered?.get(point)
    this.#reordered?.delete(point)
    if (this.#reordered?.size === 0) this.#reordered = undefined
    held?.send()
  }

  #inject(effect: string, parameters: Parameters, answer: Answer): void {
    switch (effect) {
      case 'withhold':
        return
      case 'delay':
        this.#clock.schedule(
          number(parameters['seconds'], 1) * 1000,
          forPurpose({ kind: 'fault' }, () => {
            answer.send()
          }),
        )
        return
      case 'close':
        answer.close()
        return
      case 'repeat':
        for (let times = number(parameters['times'], 2); times > 0; times--) answer.send()
        return
      case 'drop_after':
        answer.send()
        answer.close()
        return
      case 'malformed':
        answer.sendGarbage()
        return
      default:
        if (!answer.sendChanged(effect, parameters)) answer.send()
    }
  }
}

/** A number among the parameters of a fault; it was checked when the fault was armed. */
export function number(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
