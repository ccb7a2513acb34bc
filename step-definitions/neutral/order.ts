/**
 * Clients that want another order of calls, or more time, are asked the same question in their way. No requirement judges
 * the order.
 */

import { AssertionError } from 'node:assert/strict'
import type { DriverRequest } from '../driver/client-driver.ts'
import { MOST_REAL_SECONDS } from '../world/time/scenario-time.ts'
import type { ConformanceWorld } from '../world/world.ts'

/** The longest that a first connection may take before the call itself is made. */
const CONNECT_SECONDS = 240

/** The calls about twins, which some clients allow only with a handler of desired properties. */
const TWIN_CALLS: readonly DriverRequest['do'][] = ['getTwin', 'patchReported']
/** What a client does without a connection. */
const OFFLINE: readonly DriverRequest['do'][] = ['create', 'connect', 'disconnect', 'shutdown']

/** Starts a call as the client wants it; a later step looks at its outcome. */
export async function startInOrder(world: ConformanceWorld, request: DriverRequest): Promise<void> {
  await prepare(world, request)
  world.client.start(request)
}

/** Makes the calls that the client asks for before this one. */
export async function prepare(world: ConformanceWorld, request: DriverRequest): Promise<void> {
  const { reading, client } = world
  if (!reading.applies || OFFLINE.includes(request.do)) return
  const isTwinCall = client.driver.hello.idioms?.twin === 'needs-desired' && TWIN_CALLS.includes(request.do)
  if (!reading.connectsFirst && !isTwinCall) return
  const { session } = client.current
  const hasDone = (verb: DriverRequest['do']): boolean =>
    client.calls.some(({ request: { do: done } }) => done === verb)
  if (reading.connectsFirst && !hasDone('connect')) await settled(world, { do: 'connect', session })
  if (!isTwinCall || hasDone('handle')) return
  reading.note(
    new AssertionError({ message: `${request.do}: the client wants a handler of desired properties first` }),
  )
  await settled(world, { do: 'handle', session, happening: 'desired', kind: 'function' })
}

/** Lets time pass; a client with a clock of its own is watched for a shorter time where that answers the question. */
export async function passInBothReadings(
  { reading, time }: ConformanceWorld,
  seconds: number,
): Promise<void> {
  if (!reading.asks('stays-away') || !time.isTooLong(seconds)) {
    await time.pass(seconds)
    return
  }
  reading.unsupported = `time: the client cannot follow the clock of the suite for ${String(seconds)} seconds`
  await time.pass(MOST_REAL_SECONDS)
}

/** Makes a call and waits for its end, whichever it is. */
async function settled(world: ConformanceWorld, request: DriverRequest): Promise<void> {
  const call = world.client.start(request)
  await world.time.passUntil(CONNECT_SECONDS, () => call.settled !== undefined || call.broken !== undefined)
}
