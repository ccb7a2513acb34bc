/** Shrinks a script of faults to the shortest that still shows a violation. */

import { check, type Rule, type Violation } from './checker.ts'
import type { ScriptStep } from './faults.ts'
import type { History } from './history.ts'
import { run } from './run.ts'

export interface Shrunk {
  readonly script: readonly ScriptStep[]
  readonly history: History
  readonly violation: Violation
  /** Runs that it took. */
  readonly runs: number
}

/** @param options.most runs. @param options.runs plays a script. */
export async function shrink(
  {
    seed,
    hours,
    script,
  }: { readonly seed: number; readonly hours: number; readonly script: readonly ScriptStep[] },
  first: Omit<Shrunk, 'runs' | 'script'>,
  { most = 40, runs: play = run }: { readonly most?: number; readonly runs?: typeof run } = {},
): Promise<Shrunk> {
  const { rule } = first.violation
  let best: Shrunk = { ...first, script, runs: 0 }
  const attempt = async (steps: readonly ScriptStep[]): Promise<boolean> => {
    const runs = best.runs + 1
    best = { ...best, runs }
    const history = await play({ seed, hours, script: steps, stop: (so) => found(so, rule) !== undefined })
    const violation = found(history, rule)
    if (violation === undefined) return false
    best = { script: steps, history, violation, runs }
    return true
  }
  // What came after the violation did not cause it.
  const at = (first.history[first.violation.index]?.at ?? 0) / 1000
  const before = script.filter((step) => step.at <= at)
  if (before.length < script.length) await attempt(before)
  for (
    let size = Math.ceil(best.script.length / 2);
    size >= 1 && best.runs < most;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  )
    for (let from = 0; from < best.script.length && best.runs < most;) {
      const without = [...best.script.slice(0, from), ...best.script.slice(from + size)]
      if (!(await attempt(without))) from += size
    }
  return best
}

function found(history: History, rule: Rule): Violation | undefined {
  return check(history).find((violation) => violation.rule === rule)
}
