import { webcrypto } from 'node:crypto'
import { ManualClock } from 'mock-iot-hub'
import { expect, test } from 'vitest'
import { pass, settle } from './clock.ts'

/** A client that notices the time only when it is told, and arms its next timer while the sockets settle. */
class LateClient {
  readonly attempts: number[] = []
  readonly #clock: ManualClock
  #dueAt: number | undefined
  #mustRetry = false

  constructor(clock: ManualClock, dueAt: number) {
    this.#clock = clock
    this.#dueAt = dueAt
  }

  clientDueAt = (): Promise<number | undefined> => {
    const now = this.#clock.now()
    if (this.#dueAt !== undefined && this.#dueAt <= now) {
      this.attempts.push(now)
      this.#dueAt = undefined
      this.#mustRetry = true
    }
    return Promise.resolve(this.#dueAt)
  }

  readonly moment = (): number => 0

  settle = (): Promise<void> => {
    if (this.#mustRetry) this.#dueAt = this.#clock.now() + 10_000
    this.#mustRetry = false
    return Promise.resolve()
  }
}

test('a timer that a client arms while the sockets settle fires at its own time', async () => {
  const clock = new ManualClock(0)
  const client = new LateClient(clock, 5_000)
  await pass(clock, 60, client)
  expect(client.attempts).toEqual([5_000, 15_000, 25_000, 35_000, 45_000, 55_000])
})

test('a client whose timers have no end fails the step', async () => {
  const clock = new ManualClock(0)
  const client = {
    settle: () => Promise.resolve(),
    moment: () => 0,
    clientDueAt: () => Promise.resolve(clock.now()),
  }
  await expect(pass(clock, 29, client)).rejects.toThrow('its next timer was due at once 30 times in a row')
  expect(clock.now()).toBeLessThan(1_000)
})

test('a wait goes on while a key is made in another thread', async () => {
  const rsa = {
    name: 'RSA-PSS',
    modulusLength: 3072,
    publicExponent: Buffer.from([1, 0, 1]),
    hash: 'SHA-256',
  }
  const made = webcrypto.subtle.generateKey(rsa, true, ['sign'])
  let isMade = false
  void made.then(() => (isMade = true))
  await settle(() => 0)
  expect(isMade).toBe(true)
})
