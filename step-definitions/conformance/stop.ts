/** Ends a run early: at its first failure, for those who only ask whether there is one (`--until-failure`). */

/** A crash of the suite, or of the program under test in the process of the suite, shows that nothing was compared. */
export const CRASH = /is not a function|is not defined|Cannot read propert|SyntaxError/

let isStopped = false

/** All further scenarios are skipped. */
export function stopRun(): void {
  isStopped = true
}

export function isRunStopped(): boolean {
  return isStopped
}
