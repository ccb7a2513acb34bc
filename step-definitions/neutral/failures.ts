/**
 * «The call fails with …» for a client in any language: it fails, in any class, within the client's own limit, and never
 * reports what did not happen. Which kind of error it was is reported, not judged.
 */

import { AssertionError, ok } from 'node:assert/strict'
import type { DriverReply } from '../driver/client-driver.ts'
import type { Call } from '../world/clients/client-calls.ts'
import { describeReply } from '../world/clients/replies.ts'
import { Restless } from '../world/clients/restless.ts'
import { packets } from '../world/wire.ts'
import type { ConformanceWorld } from '../world/world.ts'
import { accepted, happened } from './happened.ts'

/** The longest limit that a client may have for a call: that of the Node SDK (240 s) and what its last attempt takes. */
const LIMIT_SECONDS = 300
/** How long it is watched whether a client sends again what was refused. */
const AGAIN_SECONDS = 60
/** What it is when the client has a clock of its own. */
const REAL_LIMIT_SECONDS = 60

/**
 * The call has not failed the way that the Python API documents.
 * @throws the given error when it has not failed in any right way; Idiom when no later step concerns the neutral reading.
 */
export async function readFailure(world: ConformanceWorld, call: Call, error: unknown): Promise<void> {
  const { reading } = world
  if (!reading.applies || !(error instanceof AssertionError)) throw error
  // What never rests does not end in a longer time either.
  const settled = error instanceof Restless ? undefined : await endOf(world, call)
  if (settled === undefined) stillOpen(world, call, error)
  else if ('error' in settled) {
    reading.note(error)
    if (reading.asks('usable-afterwards')) await isGivenUp(world)
  } else if ('ok' in settled && call.request.do === 'create') await refusedLater(world, call, error)
  else if ('ok' in settled) {
    const seq = await call.settledAtSeq
    const since = world.hub.journal.filter((entry) => entry.seq > call.startedAtSeq && entry.seq <= seq)
    const what = happened(call.request, since)
    if (what === undefined) throw error
    reading.end(`The call succeeded, and ${what}: a further attempt went well.`, error)
  } else throw error
}

/**
 * The call was to succeed after some seconds, and came later or was not to be awaited.
 * @throws the given error when it ends otherwise, or too early.
 */
export async function readDelay(
  world: ConformanceWorld,
  call: Call,
  seconds: number,
  error: unknown,
): Promise<DriverReply> {
  if (!world.reading.applies || !(error instanceof AssertionError)) throw error
  const settled = await endOf(world, call)
  if (settled === undefined || !('ok' in settled)) throw error
  if (call.settledAt - call.startedAt < seconds * 1_000) throw error
  world.reading.note(error)
  return settled
}

/** What was refused, and was reported as failed, must not be sent again. @throws AssertionError. */
async function isGivenUp({ hub, time }: ConformanceWorld): Promise<void> {
  const refusals = (): number => hub.journal.filter(({ type }) => type === 'refusal').length
  const before = refusals()
  if (before === 0) return
  await time.passUntil(AGAIN_SECONDS, () => refusals() > before)
  ok(refusals() === before, `The call failed, and the hub has refused the same ${String(refusals())} times`)
}

/** Lets time pass until the call has ended, up to the limit. */
async function endOf(world: ConformanceWorld, call: Call): Promise<DriverReply | undefined> {
  await world.time.passUntil(limitOf(world), () => call.settled !== undefined || call.broken !== undefined)
  return call.settled === undefined ? undefined : await call.reply
}

function limitOf({ client }: ConformanceWorld): number {
  return client.driver.hello.clock === 'real' ? REAL_LIMIT_SECONDS : LIMIT_SECONDS
}

/** A call that has not ended: right when it waits for a connection, or when the client dials anew meanwhile. */
function stillOpen(world: ConformanceWorld, call: Call, error: AssertionError): void {
  const { reading, hub } = world
  const attempts = packets(hub.journal, 'connect').filter(({ seq }) => seq > call.startedAtSeq).length
  if (reading.asks('waits'))
    reading.end('The call stays open while there is no connection, and reports nothing.', error)
  if (reading.asks('dials-anew') && attempts > 1)
    reading.end(
      `The client gave the silent attempt up and dialled anew, ${String(attempts)} times in all.`,
      error,
    )
  if (error instanceof Restless) throw error
  throw new AssertionError({
    message: `The call ${call.request.do} is still pending after ${String(limitOf(world))} s. ${error.message}`,
  })
}

/** A client may look at what it is made of when it connects: then this fails, and nothing was shown to the hub. */
async function refusedLater(world: ConformanceWorld, call: Call, error: AssertionError): Promise<void> {
  const { request } = call
  if (request.do !== 'create' || world.hub.started === undefined) throw error
  const later = world.client.start({ do: 'connect', session: request.session })
  const settled = await endOf(world, later)
  if (accepted(world.hub.journal) || (settled !== undefined && !('error' in settled))) throw error
  const how =
    settled === undefined ? 'it never connects' : `it fails when it connects: ${describeReply(settled)}`
  world.reading.end(`No connection is made; ${how}.`, error)
}
