/** Levers that strike an answer on its way out: CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP and twin answers. */

import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Faults } from '../../core/contract/faults.ts'

type Parameters = Readonly<Record<string, Json>>

/** An answer that is about to leave. */
export interface Answer {
  /** Puts it on the wire as it is. */
  send(): void
  /**
   * Puts it on the wire as a lever wants it; for effects that change the packet.
   * @returns false: this answer cannot be changed that way.
   */
  sendChanged(effect: string, parameters: Parameters): boolean
  /** Closes the link. */
  close(): void
  /** Puts bytes on the wire that are no packet. */
  sendGarbage(): void
}

/** What one link's levers remember between packets. */
export class PacketFaults {
  readonly #faults: Faults
  readonly #clock: Clock
  /** Answers that wait for the next one of their kind, by point. */
  #reordered: Map<string, Answer> | undefined

  constructor(faults: Faults, clock: Clock) {
    this.#faults = faults
    this.#clock = clock
  }

  /** Nothing is armed and nothing held back: the hot path need not ask. */
  get idle(): boolean {
    return this.#faults.idle && this.#reordered === undefined
  }

  /**
   * Sends an answer, or does with it what an armed lever wants.
   * @param point the levers' name without its last part, such as `mqtt.puback`.
   * @param effects only these may strike; left out: any.
   */
  answer(point: string, identity: string | undefined, answer: Answer, effects?: readonly string[]): void {
    const met = this.#faults.idle ? undefined : this.#faults.match(point, identity, effects)
    if (met?.effect === 'reorder') {
      this.#reordered ??= new Map()
      this.#reordered.set(point, answer)
      return
    }
    if (met === undefined) answer.send()
    else this.#strike(met.effect, met.parameters, answer)
    const held = this.#reordered?.get(point)
    this.#reordered?.delete(point)
    if (this.#reordered?.size === 0) this.#reordered = undefined
    held?.send()
  }

  #strike(effect: string, parameters: Parameters, answer: Answer): void {
    switch (effect) {
      case 'withhold':
        return
      case 'delay':
        this.#clock.schedule(number(parameters['seconds'], 1) * 1000, () => {
          answer.send()
        })
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

/** A lever's number; its catalogue entry has checked it when it was armed. */
export function number(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
