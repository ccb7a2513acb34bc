/**
 * What a long run says about memory: samples after a collection, their trend, and whether it is a leak. Memory is live when it
 * is reachable after a collection: the heap of V8, and the buffers that its objects hold. What native code such as TLS holds
 * is in what malloc has taken from the system, which it hardly gives back: it may rise until the largest number of connections
 * has been there once. Resident memory rises further, to all of that, as more of it has been written to once; it is shown, not
 * judged.
 */

import { readFileSync } from 'node:fs'

export interface MemorySample {
  /** Messages, packets or requests so far. */
  readonly work: number
  /** Bytes in the heap. */
  readonly heap: number
  /** Bytes outside that objects of the heap hold. */
  readonly external: number
  /** Bytes that malloc has taken from the system for the main thread; 0 where the system does not say (Linux does). */
  readonly taken: number
  /** Bytes of the process that are in the machine's memory. */
  readonly resident: number
}

export interface MemoryRule {
  /** What is counted: `message`, `packet`. */
  readonly unit: string
  /** Bytes that live memory may grow by, from a quarter of the work to the end: caches, compiled code. */
  readonly allowedLive: number
  /** Bytes that malloc may take from the system in the second half of the work. */
  readonly allowedTaken: number
}

export interface MemoryVerdict {
  readonly ok: boolean
  /** For people; the last one says the verdict. */
  readonly lines: readonly string[]
}

/** A trend of fewer samples says nothing. */
const FEWEST = 6
const MIB = 2 ** 20

/** Collects garbage, which needs `--expose-gc`, and reads the memory of this process. */
export function sampleMemory(work: number): MemorySample {
  // What the first collection finalizes is free after the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed: heap, external, rss: resident } = process.memoryUsage()
  return { work, heap, external, taken: takenByMalloc(), resident }
}

function takenByMalloc(): number {
  let maps
  try {
    maps = readFileSync('/proc/self/maps', 'utf8')
  } catch {
    return 0
  }
  const [, from = '0', to = '0'] = /^([0-9a-f]+)-([0-9a-f]+) .*\[heap\]$/m.exec(maps) ?? []
  return Number.parseInt(to, 16) - Number.parseInt(from, 16)
}

/** One line of numbers. */
export function memoryText({ heap, external, taken, resident }: MemorySample): string {
  return `heap ${mib(heap)}, external ${mib(external)}, taken by malloc ${mib(taken)}, resident ${mib(resident)} MiB`
}

/** Judges samples of like moments, oldest first, from the whole of a run. */
export function judgeMemory(samples: readonly MemorySample[], rule: MemoryRule): MemoryVerdict {
  const total = samples.at(-1)?.work ?? 0
  const late = samples.filter(({ work }) => work >= total / 4)
  const half = samples.filter(({ work }) => work >= total / 2)
  const lines = [0.25, 0.5, 0.75, 1].flatMap((share) => {
    const sample = samples.find(({ work }) => work >= total * share)
    return sample === undefined ? [] : [`memory after ${sample.work} ${rule.unit}s: ${memoryText(sample)}`]
  })
  if (late.length < FEWEST)
    return {
      ok: false,
      lines: [...lines, `memory: not judged, ${late.length} samples of at least ${FEWEST} after a quarter`],
    }
  const live = growth(late, ({ heap, external }) => heap + external)
  const taken = growth(half, (sample) => sample.taken)
  const each = (grown: { bytes: number; work: number }): string =>
    `${mib(grown.bytes)} MiB (${(grown.bytes / grown.work).toFixed(1)} bytes a ${rule.unit})`
  const ok = live.bytes <= rule.allowedLive && taken.bytes <= rule.allowedTaken
  return {
    ok,
    lines: [
      ...lines,
      `memory: live ${each(live)} more since a quarter, taken by malloc ${each(taken)} more since the half: ${ok ? 'flat' : 'IT GROWS'}; ` +
        `${(rule.allowedLive / live.work).toFixed(1)} live bytes a ${rule.unit} would be a leak`,
    ],
  }
}

/** Growth along the median of the slopes between any two samples: a few that lie far off do not move it (Theil and Sen). */
function growth(
  samples: readonly MemorySample[],
  of: (sample: MemorySample) => number,
): { readonly bytes: number; readonly work: number } {
  const slopes: number[] = []
  for (const [index, a] of samples.entries())
    for (const b of samples.slice(index + 1))
      if (b.work > a.work) slopes.push((of(b) - of(a)) / (b.work - a.work))
  slopes.sort((a, b) => a - b)
  const middle = slopes.length / 2
  const median = ((slopes[Math.ceil(middle) - 1] ?? 0) + (slopes[Math.floor(middle)] ?? 0)) / 2
  const work = (samples.at(-1)?.work ?? 0) - (samples[0]?.work ?? 0)
  return { bytes: median * work, work }
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}
