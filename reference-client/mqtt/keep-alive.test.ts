import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { KeepAlive } from './keep-alive.ts'

/** Uses the timer as mqtt.js does: pings at the second tick, closes at the third, starts a new timer at each response. */
class Library {
  pings = 0
  lost = false
  readonly #keepAlive: KeepAlive
  readonly #halfMs: number
  #ticks = 0

  constructor(keepAlive: KeepAlive, halfMs: number) {
    this.#keepAlive = keepAlive
    this.#halfMs = halfMs
    this.answer()
  }

  answer(): void {
    this.#keepAlive.timer.clear(1)
    this.#ticks = 0
    this.#keepAlive.timer.set(() => {
      this.#ticks += 1
      if (this.#ticks === 2) this.pings += 1
      if (this.#ticks > 2) this.lost = true
    }, this.#halfMs)
  }
}

describe('the keep-alive', () => {
  it('pings after the interval and closes after twice the interval (SRC-29)', async () => {
    const clock = new ManualClock()
    const library = new Library(new KeepAlive(clock), 500)
    clock.advance(999)
    expect(library.pings).toBe(0)
    clock.advance(1)
    expect(library.pings).toBe(1)
    await nextTurn()
    clock.advance(999)
    expect(library.lost).toBe(false)
    clock.advance(1)
    expect(library.lost).toBe(true)
  })

  it('does not ping while responses arrive', () => {
    const clock = new ManualClock()
    const library = new Library(new KeepAlive(clock), 500)
    for (let turns = 0; turns < 10; turns++) {
      clock.advance(900)
      library.answer()
    }
    expect(library.pings).toBe(0)
    expect(clock.pending).toHaveLength(1)
  })

  it('lets the peer respond after a jump of the clock', async () => {
    const clock = new ManualClock()
    const library = new Library(new KeepAlive(clock), 500)
    clock.advance(600_000)
    expect([library.pings, library.lost]).toEqual([1, false])
    await nextTurn()
    library.answer()
    clock.advance(999)
    expect(library.lost).toBe(false)
  })

  it('leaves no timer behind', () => {
    const clock = new ManualClock()
    const keepAlive = new KeepAlive(clock)
    new Library(keepAlive, 500)
    keepAlive.stop()
    expect(clock.pending).toEqual([])
  })
})
