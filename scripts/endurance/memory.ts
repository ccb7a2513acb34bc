/**
 * What a long run says about memory: samples after a collection, their trend, and whether it is a leak. Memory is live when it
 * is reachable after a collection: the heap of V8, and the buffers that its objects hold. What native code such as TLS holds
 * is in what the process has taken from the system beside the heap. malloc gives little of that back: it rises until the
 * largest number of connections has been there at once. Resident memory rises further, until all of that has been written to
 * once; it is shown, and not judged.
 */

import { readFileSync } from 'node:fs'

export interface MemorySample {
  /** Messages, packets or requests so far. */
  readonly work: number
  /** Bytes in the heap. */
  readonly heap: number
  /** Bytes outside that objects of the heap hold. */
  readonly external: number
  /** Bytes that the process has taken from the system beside the heap; 0 where the system does not say (Linux does). */
  readonly native: number
  /** Bytes of the process that are in the machine's memory. */
  readonly resident: number
}

export interface MemoryRule {
  /** What is counted: `message`, `packet`. */
  readonly unit: string
  /** Bytes that live memory may grow by, from a quarter of the work to the end: caches, compiled code. */
  readonly allowedLive: number
  /** Bytes that the process may take from the system, beside the heap, in the second half of the work. */
  readonly allowedNative: number
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
  const { heapUsed: heap, heapTotal, external, rss: resident } = process.memoryUsage()
  return { work, heap, external, native: takenBeside(heapTotal), resident }
}

/** @param heapTotal bytes that V8 has taken. */
function takenBeside(heapTotal: number): number {
  let status
  try {
    status = readFileSync('/proc/self/status', 'utf8')
  } catch {
    return 0
  }
  const [, data = '0'] = /^VmData:\s+(\d+) kB$/m.exec(status) ?? []
  return Number(data) * 1_024 - heapTotal
}

/** One line of numbers. */
export function memoryText({ heap, external, native, resident }: MemorySample): string {
  return `heap ${mib(heap)}, external ${mib(external)}, native ${mib(native)}, resident ${mib(resident)} MiB`
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
  const native = growth(half, (sample) => sample.native)
  const each = (grown: { bytes: number; work: number }): string =>
    `${mib(grown.bytes)} MiB (${(grown.bytes / grown.work).toFixed(1)} bytes a ${rule.unit})`
  const ok = live.bytes <= rule.allowedLive && native.bytes <= rule.allowedNative
  return {
    ok,
    lines: [
      ...lines,
      `memory: live ${each(live)} more since a quarter, native ${each(native)} more since the half: ${ok ? 'flat' : 'IT GROWS'}; ` +
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
