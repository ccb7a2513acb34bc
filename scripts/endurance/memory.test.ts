import { expect, test } from 'vitest'
import { randomFrom } from '../fuzz/random.ts'
import { judgeMemory, sampleMemory, type MemorySample } from './memory.ts'

const MIB = 2 ** 20
const RULE = { unit: 'message', allowedLive: 8 * MIB, allowedNative: 32 * MIB }

/** Sixty samples of half a million messages, as the soak of an hour has them; noise of two MiB in each. */
function run(
  bytesEach: number,
  { messages = 500_000, held = 0 }: { messages?: number; held?: number } = {},
): MemorySample[] {
  const random = randomFrom(1, 1)
  return Array.from({ length: 60 }, (_, n) => {
    const work = Math.round((messages * (n + 1)) / 60)
    const noise = random(4 * MIB) - 2 * MIB
    // Rings and caches fill in the first quarter.
    const filling = Math.min(n, 15) * MIB
    return {
      ...{ work, heap: 100 * MIB + filling + noise + work * bytesEach, external: 8 * MIB },
      native: 400 * MIB + work * held,
      // It rises until all that was taken has been written to.
      resident: (500 + n) * MIB + noise + work * held,
    }
  })
}
const verdictOf = (samples: readonly MemorySample[]): string => judgeMemory(samples, RULE).lines.at(-1) ?? ''

test('memory that is flat after a quarter is no leak', () => {
  expect(judgeMemory(run(0), RULE).ok).toBe(true)
  expect(verdictOf(run(0))).toMatch(/: flat; 22\.\d live bytes a message would be a leak$/)
})

test.each([100, 50, 30])('a leak of %i bytes a message in the heap is one', (bytes) => {
  expect(judgeMemory(run(bytes), RULE).ok).toBe(false)
  expect(verdictOf(run(bytes))).toContain('IT GROWS')
})

test('so is one outside the heap', () => {
  const samples = run(0).map((sample) => ({ ...sample, external: sample.work * 100 }))
  expect(judgeMemory(samples, RULE).ok).toBe(false)
})

test('and one of native code, when it is large', () => {
  expect(judgeMemory(run(0, { held: 200 }), RULE).ok).toBe(false)
})

test('a few samples far off change nothing', () => {
  const far = (samples: readonly MemorySample[], by: number): MemorySample[] =>
    samples.map((sample, n) => (n === 16 || n >= 57 ? { ...sample, heap: sample.heap + by * MIB } : sample))
  expect(judgeMemory(far(run(0), 40), RULE).ok).toBe(true)
  expect(judgeMemory(far(run(100), -60), RULE).ok).toBe(false)
})

test('a short run says how little it would see, and one with few samples is not judged', () => {
  expect(verdictOf(run(100, { messages: 50_000 }))).toMatch(
    /; 22\d\.\d live bytes a message would be a leak$/,
  )
  expect(judgeMemory(run(0).slice(-5), RULE)).toMatchObject({ ok: false })
  expect(verdictOf(run(0).slice(-5))).toBe('memory: not judged, 5 samples of at least 6 after a quarter')
  expect(judgeMemory([], RULE).ok).toBe(false)
})

test('a sample has the memory of this process', () => {
  const { work, heap, external, native, resident } = sampleMemory(7)
  expect(work).toBe(7)
  for (const bytes of [heap, external, resident]) expect(bytes).toBeGreaterThan(0)
  expect(native > 0).toBe(process.platform === 'linux')
})

test('it shows the quarters', () => {
  expect(
    judgeMemory(run(0), RULE)
      .lines.slice(0, 4)
      .map((line) => line.split(':')[0]),
  ).toEqual([125_000, 250_000, 375_000, 500_000].map((messages) => `memory after ${messages} messages`))
})
