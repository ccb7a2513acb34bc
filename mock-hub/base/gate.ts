/** Lets actions through in their order, each when what came before it is finished. */

interface Held {
  readonly ticket: Promise<void> | undefined
  readonly run: () => void
}

export class Gate {
  readonly #ticket: () => Promise<void> | undefined
  readonly #together: (run: () => void) => void
  #held: Held[] = []
  #draining = false

  /**
   * @param ticket resolves when what has happened so far is finished; undefined: it is.
   * @param together runs the actions that go through at one time. Default: one after the other.
   */
  constructor(
    ticket: () => Promise<void> | undefined,
    together: (run: () => void) => void = (run) => {
      run()
    },
  ) {
    this.#ticket = ticket
    this.#together = together
  }

  /** Nothing waits, and nothing has to. */
  get isOpen(): boolean {
    return this.#held.length === 0 && this.#ticket() === undefined
  }

  /** Something waits. */
  get holds(): boolean {
    return this.#held.length > 0
  }

  /** Runs it now or later, never before what was passed earlier. */
  pass(run: () => void): void {
    const ticket = this.#ticket()
    if (ticket === undefined && this.#held.length === 0) {
      run()
      return
    }
    this.#held.push({ ticket, run })
    if (!this.#draining) void this.#drain()
  }

  /** What waits is dropped. */
  clear(): void {
    this.#held = []
  }

  async #drain(): Promise<void> {
    this.#draining = true
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      await first.ticket
      this.#together(() => {
        // What was passed after the ticket was gone came later, and may go with it.
        while (this.#held[0] !== undefined) {
          const { ticket, run } = this.#held[0]
          if (ticket !== undefined && ticket !== first.ticket) return
          this.#held.shift()
          run()
        }
      })
    }
    this.#draining = false
  }
}
