/** Two series of refused attempts with a success between them, for the classifier. */

import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { loseAndReturn, provocation } from './common.ts'

/** Attempts of a series. */
export const SERIES = 7

async function series(stage: Stage, steps: Steps): Promise<void> {
  const from = stage.seq
  const fault = stage.arm({ name: 'tcp.refuse', count: 'always' })
  if (!stage.drop()) throw new Trouble('the device was not connected')
  const limit = stage.file.limits.maxPauseSeconds
  const end = stage.now + 2 * limit * 1000
  await stage.when(() => stage.fired(fault) >= SERIES || stage.now >= end, limit)
  if (stage.fired(fault) > 0) steps.struck()
  stage.disarm(fault)
  steps.released()
  await stage.back(Math.max(stage.patience, limit), from)
}

const one = (at: number, rows: readonly string[]): Provocation =>
  provocation(`backoff.${String(at)}`, 'backoff', rows, series, {
    seconds: ({ limits }) => 2 * limits.maxPauseSeconds,
  })

export const BACKOFF: readonly Provocation[] = [
  one(1, ['DUT-BACK-01', 'DUT-BACK-02', 'DUT-BACK-03']),
  one(2, ['DUT-BACK-01', 'DUT-BACK-02', 'DUT-BACK-03']),
  provocation('backoff.reset', 'backoff', ['DUT-BACK-05'], (stage, steps) =>
    loseAndReturn(stage, steps, () => stage.drop()),
  ),
]
