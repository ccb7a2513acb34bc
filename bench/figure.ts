/** The definition of a benchmark, and the arithmetic of interleaved rounds. */

/** Number, length and size of the measurements. */
export interface Effort {
  readonly rounds: number
  /** Length of one measurement in ms. */
  readonly ms: number
  /** Scales connection counts down in quick mode: 1 or less. */
  readonly size: number
}

/** One measurement of one side. */
export interface Sample {
  /** The measured quantity in the figure's unit. */
  readonly value: number
  /** CPU seconds per second of the load generator; above 0.9 the generator was the limit. */
  readonly generatorCpu?: number
  /** Extra numbers for the report, such as p99. */
  readonly extra?: Readonly<Record<string, number>>
}

export interface Figure {
  /** As in docs/performance.md: P1, C2 … */
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly anchor: string
  /** The ratio to reach; undefined: only reported. */
  readonly goal?: { readonly atLeast?: number; readonly atMost?: number }
  /** Prepares both sides, or gives a reason to skip if the anchor is not on this machine. */
  open(effort: Effort): Promise<Pair | { readonly skipped: string }>
}

/** Both sides, ready to be measured alternately. */
export interface Pair {
  ours(): Promise<Sample>
  /** Absent for a figure without an anchor, which reports the absolute value. */
  anchor?(): Promise<Sample>
  close(): Promise<void>
}

export interface Result {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly anchor: string
  readonly ours: number
  readonly theirs: number | null
  /** Median of the per-round ratios ours / anchor. */
  readonly ratio: number | null
  readonly spread: readonly [number, number] | null
  readonly goal: string | null
  readonly met: boolean | null
  readonly generatorCpu: number | null
  readonly extra: Readonly<Record<string, number>>
  readonly skipped?: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function goalText(goal: Figure['goal']): string | null {
  if (goal?.atLeast !== undefined) return `>= ${goal.atLeast}`
  if (goal?.atMost !== undefined) return `<= ${goal.atMost}`
  return null
}

function meets(goal: Figure['goal'], ratio: number | null): boolean | null {
  if (goal === undefined || ratio === null) return null
  return goal.atLeast !== undefined ? ratio >= goal.atLeast : ratio <= (goal.atMost ?? Infinity)
}

/** Measures both sides alternately, after one warm-up round. */
export async function measure(figure: Figure, effort: Effort): Promise<Result> {
  const head = {
    id: figure.id,
    title: figure.title,
    unit: figure.unit,
    anchor: figure.anchor,
    goal: goalText(figure.goal),
  }
  const pair = await figure.open(effort)
  if ('skipped' in pair) {
    const nothing = {
      ours: Number.NaN,
      theirs: null,
      ratio: null,
      spread: null,
      met: null,
      generatorCpu: null,
      extra: {},
    }
    return { ...head, ...nothing, skipped: pair.skipped }
  }
  const ours: Sample[] = []
  const theirs: Sample[] = []
  try {
    for (let round = -1; round < effort.rounds; round++) {
      // The order alternates, because the second measurement of a pair runs on a warmer machine.
      const first = round % 2 === 0
      if (!first && pair.anchor !== undefined) keep(theirs, await pair.anchor(), round)
      keep(ours, await pair.ours(), round)
      if (first && pair.anchor !== undefined) keep(theirs, await pair.anchor(), round)
    }
  } finally {
    await pair.close()
  }
  const ratios = ours.flatMap((sample, round) => {
    const other = theirs[round]
    return other === undefined ? [] : [sample.value / other.value]
  })
  const ratio = ratios.length === 0 ? null : median(ratios)
  return {
    ...head,
    ours: median(ours.map((sample) => sample.value)),
    theirs: theirs.length === 0 ? null : median(theirs.map((sample) => sample.value)),
    ratio,
    spread: ratios.length === 0 ? null : [Math.min(...ratios), Math.max(...ratios)],
    met: meets(figure.goal, ratio),
    generatorCpu:
      ours[0]?.generatorCpu === undefined ? null : median(ours.map((sample) => sample.generatorCpu ?? 0)),
    extra: mediansOf(ours, ''),
  }
}

function keep(list: Sample[], sample: Sample, round: number): void {
  if (round >= 0) list.push(sample)
}

function mediansOf(samples: readonly Sample[], prefix: string): Record<string, number> {
  const keys = new Set(samples.flatMap((sample) => Object.keys(sample.extra ?? {})))
  return Object.fromEntries(
    [...keys].map((key) => [prefix + key, median(samples.map((s) => s.extra?.[key] ?? Number.NaN))]),
  )
}
