/** The class of a series of pauses: constant, linear, exponential or random; and whether two series differ (jitter). */

export type PauseClass = 'constant' | 'linear' | 'exponential' | 'random' | 'unclear'

/** Pauses within this share of the largest are a plateau. */
const PLATEAU = 0.1
const CONSTANT = 1.2
const LINEAR = 0.2
const GROWTH = 1.5
const JITTER_SHARE = 0.05
const JITTER_SECONDS = 0.25

/** The series without the tail in which the pauses no longer grow. */
function growing(pauses: readonly number[]): readonly number[] {
  const largest = Math.max(...pauses)
  for (let at = 0; at + 3 <= pauses.length; at++)
    if (pauses.slice(at).every((pause) => pause >= largest * (1 - PLATEAU))) return pauses.slice(0, at + 1)
  return pauses
}

/** @param pauses in seconds, at least four. The first may be 0. */
export function pauseClass(pauses: readonly number[]): PauseClass {
  if (pauses.length < 4) return 'unclear'
  const [first = 0, ...rest] = pauses
  // "Aggressive at the start" is documented: a first pause of nothing says nothing.
  const judged = first < 0.5 ? rest : pauses
  const largest = Math.max(...judged)
  if (largest / Math.max(Math.min(...judged), 0.001) <= CONSTANT) return 'constant'
  const cut = growing(judged)
  if (cut.length >= 3) {
    const steps = cut.slice(1).map((pause, at) => pause - (cut[at] ?? 0))
    const mean = steps.reduce((a, b) => a + b, 0) / steps.length
    if (mean > 0 && steps.every((step) => step > 0 && Math.abs(step - mean) <= LINEAR * mean)) return 'linear'
  }
  const grown = cut.slice(1).filter((pause, at) => pause / Math.max(cut[at] ?? 0, 0.001) >= GROWTH).length
  if (grown >= Math.min(3, cut.length - 1) && grown > 0) return 'exponential'
  const half = Math.floor(judged.length / 2)
  const mean = (series: readonly number[]): number => series.reduce((a, b) => a + b, 0) / series.length
  return mean(judged.slice(half)) > mean(judged.slice(0, half)) * CONSTANT ? 'random' : 'unclear'
}

/** Whether two series differ in two places or more by more than chance of the network. */
export function haveJitter(one: readonly number[], other: readonly number[]): boolean {
  const length = Math.min(one.length, other.length)
  let places = 0
  for (let at = 0; at < length; at++) {
    const [a = 0, b = 0] = [one[at], other[at]]
    const difference = Math.abs(a - b)
    if (difference > JITTER_SECONDS && difference > JITTER_SHARE * Math.max(a, b)) places++
  }
  return places >= 2
}
