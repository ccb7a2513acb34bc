/**
 * Generated trials: a property is tried with many values, and a failure is shrunk to the smallest one. The values follow
 * from a seed, so a failure can be repeated; the number of values and the seed are parameters of the run.
 */

import { AssertionError } from 'node:assert/strict'
import fc from 'fast-check'
import { systemTime } from '../driver/clock.ts'
import type { ConformanceWorld } from '../world/world.ts'

/** Errors that say nothing about the property. */
const NO_VERDICT = ['HarnessError', 'Inconclusive', 'NotSupported']
/** The limit of a step with trials, in real time; the step of an example has less to do. */
export const TRIAL_LIMIT = { timeout: 1_800_000 } as const

/** The media type of the attachment that carries the cost of a trial to the results. */
export const TRIAL_TYPE = 'application/vnd.iot-hub-conformance.trial+json'

/** What one trial has cost. */
export interface TrialCost {
  /** Values that were tried. */
  readonly cases: number
  readonly ms: number
}

/**
 * Tries a property.
 * @throws AssertionError with the smallest counterexample and how to repeat it.
 */
export async function trial<T>(
  world: ConformanceWorld,
  values: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
): Promise<void> {
  const { trials, trialSeed, trialPath } = world.parameters as Readonly<Record<string, string | undefined>>
  const startedAt = systemTime.now()
  let first: { readonly value: T; readonly error: unknown } | undefined
  const watched = async (value: T): Promise<void> => {
    try {
      await holds(value)
    } catch (error) {
      first ??= { value, error }
      throw error
    }
  }
  const result = await fc.check(fc.asyncProperty(values, watched), {
    numRuns: Number(trials ?? 5),
    seed: Number(trialSeed ?? 1),
    ...(trialPath === undefined ? {} : { path: trialPath }),
  })
  const cost: TrialCost = { cases: result.numRuns + result.numShrinks, ms: systemTime.now() - startedAt }
  world.attach(JSON.stringify(cost), TRIAL_TYPE)
  if (!result.failed) return
  const error = first?.error
  if (error instanceof Error && NO_VERDICT.includes(error.name)) throw error
  throw new AssertionError({
    message: [
      `Fails for ${fc.stringify(result.counterexample?.[0])}`,
      messageOf(result.errorInstance),
      `First for ${fc.stringify(first?.value)}: ${messageOf(error)}`,
      `Repeat with --trial-seed ${String(result.seed)} --trial-path ${result.counterexamplePath ?? ''}`,
    ].join('\n'),
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
