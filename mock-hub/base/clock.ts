/**
 * The time of the hub. No other file reads the system clock or sets a timer, so that an hour can pass in a millisecond
 * and a hub can run ahead of its clients or behind them.
 */

import { Emitter } from './emitter.ts'
import { InvalidInput } from './invalid-input.ts'
import { durationText, parseDuration } from './duration.ts'

/** The only source of time: epoch milliseconds, and callbacks after a delay. */
export interface Clock {
  /** Now, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
  /**
   * Calls `run` once, `ms` milliseconds from now; never inside this call, even for 0 or less.
   * @returns cancels the call; no effect when it has happened.
   */
  schedule(ms: number, run: () => void): () => void
}

/** What a callback is for. */
export interface Purpose {
  /** `fault` is the end of its duration or of a delay; `silence` the end of a link that sends nothing. */
  readonly kind:
    | 'token-expiry'
    | 'c2d-expiry'
    | 'c2d-lock'
    | 'method-timeout'
    | 'fault'
    | 'silence'
    | 'feedback'
    | 'job'
  /** `{deviceId}` or `{deviceId}/{moduleId}`, when it concerns one. */
  readonly identity?: string
}

/** A callback that waits. */
export interface Upcoming {
  /** Epoch ms. */
  readonly at: number
  /** What it is for. */
  readonly purpose: Purpose
}

const PURPOSES = new WeakMap<() => void, Purpose>()

/** Says what a callback is for, so that {@link HubClock.upcoming} can show it. @returns the callback. */
export function forPurpose(purpose: Purpose, run: () => void): () => void {
  PURPOSES.set(run, purpose)
  return run
}

interface Due {
  at: number
  readonly seq: number
  readonly run: () => void
  /** Index in the heap; -1 when it is not in the heap. */
  index: number
}

/** A wait takes several timers of at most this length, so that a step of the system clock is noticed soon. */
const LONGEST_TIMER_MS = 10_000
/** A smaller difference between the system clock and the monotonic one is drift, not a step. */
const SMALLEST_STEP_MS = 1_000
/** How far the clock can be from the system clock: beyond that lie dates that no client can read. */
const FARTHEST_MS = 100 * 365 * 86_400_000

/**
 * The hub's clock: it runs with the system clock plus an offset, or it is frozen until it is advanced. `advance` works in
 * both states and runs everything that falls due in order, each callback at its own time. When the system clock is set
 * back, callbacks still wait as long as was asked; when it is set ahead (or the machine was suspended), what has fallen due
 * runs within ten seconds.
 */
export class HubClock implements Clock {
  readonly #heap: Due[] = []
  #seq = 0
  #offsetMs = 0
  #frozenAt: number | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  readonly #moves = new Emitter<[]>()
  /** The system clock and the monotonic clock when both were last read together. */
  #systemMs = Date.now()
  #monotonicMs = performance.now()

  /** @param frozenAt - time at which the clock is frozen from the start, in epoch ms; undefined: it runs. */
  constructor(frozenAt?: number) {
    this.#frozenAt = frozenAt
  }

  /** The time, in epoch ms. */
  now(): number {
    return this.#frozenAt ?? Date.now() + this.#offsetMs
  }

  /** Whether the clock is frozen. */
  get frozen(): boolean {
    return this.#frozenAt !== undefined
  }

  /** How far this clock is ahead of the system clock, in ms; negative: behind. */
  get offsetMs(): number {
    return this.#frozenAt === undefined ? this.#offsetMs : this.#frozenAt - Date.now()
  }

  /** Time of the next callback, in epoch ms; undefined: none is scheduled. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  /**
   * The callbacks that wait and whose purpose is known, soonest first.
   * @param limit - at most this many.
   * @param kind - only those of this kind. Default: any.
   */
  upcoming(limit: number, kind?: Purpose['kind']): readonly Upcoming[] {
    return this.#heap
      .flatMap(({ at, run }) => {
        const purpose = PURPOSES.get(run)
        return purpose !== undefined && (kind === undefined || purpose.kind === kind) ? [{ at, purpose }] : []
      })
      .sort((a, b) => a.at - b.at)
      .slice(0, limit)
  }

  /** Calls `run` once, `ms` milliseconds from now. @returns cancels the call. */
  schedule(ms: number, run: () => void): () => void {
    if (!(ms < Infinity)) throw new InvalidInput('clock.schedule', 'ms', 'to be a number of milliseconds', ms)
    this.#followSystemClock()
    const due: Due = { at: this.now() + Math.max(0, ms), seq: this.#seq++, run, index: -1 }
    this.#push(due)
    this.#arm()
    return () => {
      if (due.index >= 0) this.#remove(due.index)
    }
  }

  /** Calls the listener when somebody has moved, frozen or resumed the clock. @returns stops listening. */
  onMove(listener: () => void): () => void {
    return this.#moves.add(listener)
  }

  /** Freezes the clock at its current time. */
  freeze(): void {
    this.#followSystemClock()
    this.#frozenAt ??= this.now()
    this.#arm()
    this.#moves.tell()
  }

  /** Lets a frozen clock run again from its time; the difference to the system clock becomes its offset. */
  resume(): void {
    if (this.#frozenAt === undefined) return
    // A step while the clock stood still moved nothing.
    this.#followSystemClock()
    this.#offsetMs = this.#frozenAt - Date.now()
    this.#frozenAt = undefined
    this.#arm()
    this.#moves.tell()
  }

  /**
   * Moves time forward and runs everything that falls due, in order.
   * @param by - milliseconds, or text such as `1h`, `90s`, `1h30m`.
   * @throws InvalidInput for an invalid or negative duration, and for one that leads more than 100 years from now.
   */
  advance(by: number | string): void {
    const ms = msOf('clock.advance', by)
    if (!(ms >= 0))
      throw new InvalidInput('clock.advance', 'by', 'to be 0 or more: time only moves forward', by)
    const target = this.now() + ms
    checkReach('clock.advance', target, by)
    this.set(target)
  }

  /**
   * Sets the clock ahead of the system clock, or behind it; everything that falls due runs at once.
   * @param by - milliseconds, or text such as `1h` or `-30m`; negative: behind.
   * @throws InvalidInput for an invalid duration, and for one of more than 100 years.
   */
  setOffset(by: number | string): void {
    const ms = msOf('clock.setOffset', by)
    checkReach('clock.setOffset', Date.now() + ms, by)
    this.set(Date.now() + ms)
    // Exact, however long the callbacks took.
    if (this.#frozenAt === undefined) this.#offsetMs = ms
    this.#moves.tell()
  }

  /** Lets the clock run with the system clock, without an offset. Callbacks wait as long as was asked. */
  reset(): void {
    this.resume()
    this.#shift(-this.#offsetMs)
    this.#offsetMs = 0
    this.#arm()
    this.#moves.tell()
  }

  /**
   * Sets the time, in epoch ms, also back; everything that falls due runs at once. The clock stays frozen or running.
   * @throws InvalidInput for what is no time.
   */
  set(target: number): void {
    if (!Number.isFinite(target))
      throw new InvalidInput('clock.set', 'target', 'to be a time in epoch milliseconds', target)
    this.#followSystemClock()
    this.#runUntil(target)
    this.#jump(target)
    this.#arm()
    this.#moves.tell()
  }

  /** Cancels all scheduled callbacks. */
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

  /** When the system clock was set back, moves all callbacks back as far, so that none waits longer than was asked. */
  #followSystemClock(): void {
    const systemMs = Date.now()
    const monotonicMs = performance.now()
    const step = systemMs - this.#systemMs - (monotonicMs - this.#monotonicMs)
    this.#systemMs = systemMs
    this.#monotonicMs = monotonicMs
    if (step <= -SMALLEST_STEP_MS && this.#frozenAt === undefined) this.#shift(step)
  }

  /** All by the same time: their order stays. */
  #shift(ms: number): void {
    for (const due of this.#heap) due.at += ms
  }

  /** A single system timer is set for the earliest callback. */
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
      this.#followSystemClock()
      this.#runUntil(this.now())
      this.#arm()
    }, wait)
    this.#timer.unref()
  }

  // A binary heap ordered by (at, seq): each of 10,000 connections has a timer here.
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

/** Milliseconds of a number or text. @throws InvalidInput for anything else. */
function msOf(what: string, by: number | string): number {
  if (typeof by === 'string') return parseDuration(by, 'by')
  if (typeof by === 'number') return by
  throw new InvalidInput(what, 'by', 'to be milliseconds, or text such as 1h30m', by)
}

/** @throws InvalidInput when the clock would be set more than 100 years from now. @param by the value that leads there. */
export function checkReach(what: string, target: number, by: number | string): void {
  if (Math.abs(target - Date.now()) <= FARTHEST_MS) return
  throw new InvalidInput(what, 'by', 'to lead to a time at most 100 years from now', by)
}

/**
 * How far a clock is from the system clock, for a person who wonders why something timed out.
 * @returns undefined: it is not, or nobody knows.
 */
export function woundBy(clock: Clock): string | undefined {
  if (!(clock instanceof HubClock)) return undefined
  const { frozen, offsetMs } = clock
  if (Math.abs(offsetMs) < SMALLEST_STEP_MS) return undefined
  const far = `${durationText(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} the system clock`
  return frozen ? `the hub's clock stands still, ${far}` : `the hub's clock is ${far}`
}

/**
 * Calls `run` once what has already arrived at this machine was read. When a clock was wound, a client that seems silent may
 * have sent something meanwhile.
 */
export function afterArrivals(run: () => void): void {
  setImmediate(() => setImmediate(run))
}

/**
 * Waits on the system's clock, for what happens before a hub runs. Timers of a {@link HubClock} do not keep a process
 * alive; this one does.
 */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** A clock that is frozen until a test moves it. */
export class ManualClock extends HubClock {
  /** @param startMs - initial time in epoch ms. Default: 2026-01-01T00:00:00Z. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    super(startMs)
  }
}

/** Calls `run` once, when all promises that can go on have gone on: before the event loop handles the next event. */
export function afterPromises(run: () => void): void {
  queueMicrotask(() => {
    process.nextTick(run)
  })
}

/** Calls `run` once, when what the event loop handles now has been handled: it waits for no time. */
export function afterTurn(run: () => void): void {
  setImmediate(run)
}
