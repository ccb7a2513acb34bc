/** What clients were told, over all starts of a hub: it must be there, and must never be told otherwise. */

export class Ledger {
  /** What must be there, by name: `telemetry/t1-17`. A value that is true was acknowledged, one that is false was sent. */
  readonly things = new Map<string, boolean>()
  /** Numbers that left the hub, with what they stood for. */
  readonly #numbers = new Map<string, string>()
  readonly failures: string[] = []
  acknowledgedCount = 0

  sent(name: string): void {
    if (!this.things.has(name)) this.things.set(name, false)
  }

  acknowledged(name: string): void {
    this.things.set(name, true)
    this.acknowledgedCount++
  }

  /** It is no longer asked for: it was taken away, or is checked. */
  settled(name: string): void {
    this.things.delete(name)
  }

  /** A version, an offset or a sequence number means one thing for ever. */
  number(name: string, meaning: string): void {
    const known = this.#numbers.get(name)
    if (known === undefined) this.#numbers.set(name, meaning)
    else if (known !== meaning) this.fail(`${name} was ${known} and is ${meaning}`)
  }

  get numberCount(): number {
    return this.#numbers.size
  }

  fail(what: string): void {
    this.failures.push(what)
  }

  /**
   * Acknowledged ⊆ present ⊆ sent.
   * @param prefix of the names that are compared.
   */
  compare(prefix: string, present: ReadonlySet<string>): void {
    for (const [name, acknowledged] of this.things)
      if (acknowledged && name.startsWith(prefix) && !present.has(name))
        this.fail(`${name} was acknowledged and is gone`)
    for (const name of present) if (!this.things.has(name)) this.fail(`${name} is there and was never sent`)
  }
}
