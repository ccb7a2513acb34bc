/**
 * Two clients that do what the reference client does, and report it otherwise: `stranger` has error classes of its own,
 * `optimist` reports every failure as a success.
 */

import { ManualClock } from 'mock-iot-hub'
import type { DriverReply, DriverRequest } from '../../step-definitions/driver/client-driver.ts'
import { ReferenceDriver } from '../../step-definitions/driver/reference-driver.ts'

const REPORTS: Readonly<Record<string, (reply: DriverReply) => DriverReply>> = {
  stranger: (reply) =>
    'error' in reply
      ? { error: { kind: 'other', native: { type: 'Fault', message: reply.error.native.message } } }
      : reply,
  optimist: (reply) => ('error' in reply ? { ok: null } : reply),
}

export const STRANGERS = Object.keys(REPORTS)

/** The reference client with reports of its own, on a clock that `advance` moves. */
export class Stranger {
  readonly #report: (reply: DriverReply) => DriverReply
  readonly #say: (line: object) => void
  #clock = new ManualClock()
  #client: ReferenceDriver

  /** @param say receives the events. */
  constructor(name: string, say: (line: object) => void) {
    this.#report = REPORTS[name] ?? ((reply) => reply)
    this.#say = say
    this.#client = this.#begin()
  }

  async request(request: DriverRequest): Promise<DriverReply> {
    return this.#report(await this.#client.request(request))
  }

  /** An earlier time starts a new scenario. @returns when the next timer is due. */
  async advance(now: number): Promise<number | undefined> {
    if (now < this.#clock.now()) {
      await this.#client.stop()
      this.#clock.stop()
      this.#clock = new ManualClock()
      this.#client = this.#begin()
    }
    this.#clock.advance(Math.max(0, now - this.#clock.now()))
    return this.#clock.nextAt
  }

  #begin(): ReferenceDriver {
    const client = new ReferenceDriver(this.#clock)
    client.onEvent((event) => {
      this.#say(event)
    })
    return client
  }
}
