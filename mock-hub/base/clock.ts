/**
 * Time as the hub knows it. Nothing in the hub reads the system's clock or arms a timer but through this port,
 * so that an hour can pass in a millisecond and a hub can live ahead of or behind its clients.
 */

import { InvalidInput } from './invalid-input.ts'
import { parseDuration } from './duration.ts'

/** The only source of time: epoch milliseconds, and callbacks after a delay. */
export interface Clock {
  /** Now, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
  /**
   * Runs `run` once, `ms` milliseconds from now (0 or less: at the next turn of time, never inside this call).
   * @returns cancels; harmless when the callback has run.
   */
  schedule(ms: number, run: () => void): () => void
}

interface Due {
  readonly at: number
  readonly seq: number
  readonly run: () => void
  /** Place in the heap, -1 once taken out. */
  index: number
}

/** Node's longest timer; a longer wait is chained. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * The hub's clock: runs with the system's clock plus an offset, or stands still until it is advanced.
 * `advance` works in both states and fires what falls due in order, each callback at its own moment.
 */
export class HubClock implements Clock {
  readonly #heap: Due[] = []
  #seq = 0
  #offsetMs = 0
  #frozenAt: number | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  /** @param frozenAt epoch ms at which the clock stands still from the start; left out: it runs. */
  constructor(frozenAt?: number) {
    this.#frozenAt = frozenAt
  }

  now(): number {
    return this.#frozenAt ?? Date.now() + this.#offsetMs
  }

  /** Whether time stands still until `advance` or `resume`. */
  get frozen(): boolean {
    return this.#frozenAt !== undefined
  }

  /** How far this clock is ahead of the system's, in ms (negative: behind). */
  get offsetMs(): number {
    return this.#frozenAt === undefined ? this.#offsetMs : this.#frozenAt - Date.now()
  }

  /** When the next callback falls due, in epoch ms; undefined: none is scheduled. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  schedule(ms: number, run: () => void): () => void {
    const due: Due = { at: this.now() + Math.max(0, ms), seq: this.#seq++, run, index: -1 }
    this.#push(due)
    this.#arm()
    return () => {
      if (due.index >= 0) this.#remove(due.index)
    }
  }

  /** Stops time where it is. */
  freeze(): void {
    this.#frozenAt ??= this.now()
    this.#arm()
  }

  /** Lets time run again from where it stands: a frozen clock goes on with the offset it has gathered. */
  resume(): void {
    if (this.#frozenAt === undefined) return
    this.#offsetMs = this.#frozenAt - Date.now()
    this.#frozenAt = undefined
    this.#arm()
  }

  /**
   * Moves time forward and runs all that falls due on the way, in order.
   * @param by milliseconds, or text such as `1h`, `90s`, `1h30m`.
   * @throws InvalidInput when it is no length of time or leads back.
   */
  advance(by: number | string): void {
    const ms = typeof by === 'string' ? parseDuration(by, 'by') : by
    if (!(ms >= 0))
      throw new InvalidInput('clock.advance', 'by', 'not to lead back: time only goes forward', by)
    this.set(this.now() + ms)
  }

  /**
   * Sets the clock ahead of (negative: behind) the system's clock; what is thereby overdue runs at once.
   * @param by milliseconds, or text such as `1h` or `-30m`.
   */
  setOffset(by: number | string): void {
    const ms = typeof by === 'string' ? parseDuration(by, 'by') : by
    this.set(Date.now() + ms)
    // Not a millisecond off, however long that took.
    if (this.#frozenAt === undefined) this.#offsetMs = ms
  }

  /** Sets the clock to an epoch time in ms, also back; what is thereby overdue runs at once. It keeps standing or running. */
  set(target: number): void {
    this.#runUntil(target)
    this.#jump(target)
    this.#arm()
  }

  /** Forgets everything scheduled. */
  stop(): void {
    for (const due of this.#heap) due.index = -1
    this.#heap.length = 0
    this.#arm()
  }

  #runUntil(target: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= target; next = this.#heap[0]) {
      this.#remove(0)
      if (next.at > this.now()) this.#jump(next.at)
      next.run()
    }
  }

  #jump(to: number): void {
    if (this.#frozenAt === undefined) this.#offsetMs = to - Date.now()
    else this.#frozenAt = to
  }

  /** One system timer serves them all: it is set for the earliest. */
  #arm(): void {
    const next = this.#frozenAt === undefined ? this.#heap[0] : undefined
    if (next === undefined) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#timerAt = Infinity
      return
    }
    const at = next.at - this.#offsetMs
    if (this.#timer !== undefined && this.#timerAt === at) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(0, at - Date.now()))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#timerAt = Infinity
      this.#runUntil(this.now())
      this.#arm()
    }, wait)
    this.#timer.unref()
  }

  // A binary heap ordered by (at, seq): 10,000 links each keep a timer here.
  #before(a: Due, b: Due): boolean {
    return a.at < b.at || (a.at === b.at && a.seq < b.seq)
  }

  #place(due: Due, index: number): void {
    this.#heap[index] = due
    due.index = index
  }

  #push(due: Due): void {
    this.#place(due, this.#heap.length)
    this.#up(due.index)
  }

  #remove(index: number): void {
    const gone = this.#heap[index]
    const last = this.#heap.pop()
    if (gone === undefined || last === undefined) return
    gone.index = -1
    if (gone === last) return
    this.#place(last, index)
    this.#up(index)
    this.#down(last.index)
  }

  #up(from: number): void {
    let index = from
    for (;;) {
      const due = this.#heap[index]
      const above = (index - 1) >> 1
      const parent = this.#heap[above]
      if (index === 0 || due === undefined || parent === undefined || !this.#before(due, parent)) return
      this.#place(parent, index)
      this.#place(due, above)
      index = above
    }
  }

  #down(from: number): void {
    let index = from
    for (;;) {
      const due = this.#heap[index]
      if (due === undefined) return
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        const candidate = this.#heap[child]
        const best = this.#heap[least]
        if (candidate !== undefined && best !== undefined && this.#before(candidate, best)) least = child
      }
      const other = this.#heap[least]
      if (least === index || other === undefined) return
      this.#place(other, index)
      this.#place(due, least)
      index = least
    }
  }
}

/** A clock that stands still until a test winds it. */
export class ManualClock extends HubClock {
  /** @param startMs epoch ms; default 2026-01-01T00:00:00Z. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    super(startMs)
  }
}
