/** What a run looks for: exceptions that escape, internal errors in the journal, memory that grows. */

import type { Journal } from '../../mock-hub/core/contract/journal.ts'
import { judgeMemory, memoryText, sampleMemory, type MemorySample } from '../endurance/memory.ts'

/** Growth that is not a leak: compiled code, caches of the libraries, full rings of the journal and of events. */
const ALLOWED = { allowedLive: 4 * 2 ** 20, allowedNative: 32 * 2 ** 20 }
/** A run reads its memory so often; every second time it says so. */
const SAMPLES = 20
/** Runs with fewer inputs say nothing about memory: the first ones fill caches. */
const FEWEST_JUDGED = 50_000
/** A run ends after so many failures. */
const ENOUGH = 20
/** Where the service fails with 500, and so does the hub: a body without a content type. */
const FAILS_AS_THE_SERVICE = 'WIRE-REG-41'
/** A run says so often how far it is. */
const PROGRESS_MS = 60_000

/** When it is aborted, runs end with the input that is being sent, and report what they have. */
export const interruption = new AbortController()

export interface Report {
  readonly seed: number
  readonly inputs: number
  readonly connections: number
  /** Number of refusals by rule, and of answers by status. */
  readonly outcomes: Readonly<Record<string, number>>
  /** What memory did, for people; empty when the run is too short to say. */
  readonly memory: readonly string[]
  /** Inputs that led to an outcome of a new kind: number of the first input of their connection. */
  readonly novel: readonly number[]
  readonly failures: readonly string[]
}

export class Watch {
  readonly failures: string[] = []
  readonly outcomes: Record<string, number> = {}
  readonly #novel = new Set<number>()
  /** Refusals with 500 whose answer has not been seen. */
  #intended = 0
  readonly #what: string
  readonly #stops: (() => void)[] = []
  /** Number of the input that is sent now. */
  at: number
  /** Number of the first input of its connection. */
  connectionAt = 0
  readonly #memory: MemorySample[] = []
  readonly #inputs: number
  readonly #startedMs = performance.now()
  #saidMs = this.#startedMs

  /**
   * @param what an input: `packet`, `request`.
   * @param from number of the first input.
   * @param inputs how many there will be.
   */
  constructor(what: string, from: number, inputs: number) {
    this.#what = what
    this.#inputs = inputs
    this.at = from
    const escaped = (error: unknown): void => {
      this.fail(`escaped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
    process.on('uncaughtException', escaped)
    process.on('unhandledRejection', escaped)
    this.#stops.push(
      () => process.off('uncaughtException', escaped),
      () => process.off('unhandledRejection', escaped),
    )
  }

  get enough(): boolean {
    return interruption.signal.aborted || this.failures.length >= ENOUGH
  }

  journal(journal: Journal): void {
    this.#stops.push(
      journal.subscribe((entry) => {
        if (entry.type !== 'refusal') return
        const { error, explanation } = entry
        this.outcome(explanation.rule)
        if (explanation.rule === FAILS_AS_THE_SERVICE) this.#intended++
        else if (error === 'ServerError' || explanation.rule === 'internal')
          this.fail(`internal error: ${explanation.received}`)
      }),
    )
  }

  /** @returns whether an answer 500 is one that the service gives as well; each refusal stands for one answer. */
  isIntended(): boolean {
    if (this.#intended === 0) return false
    this.#intended--
    return true
  }

  outcome(name: string): void {
    const before = this.outcomes[name] ?? 0
    this.outcomes[name] = before + 1
    if (before === 0) this.#novel.add(this.connectionAt)
  }

  fail(why: string): void {
    this.failures.push(`near ${this.#what} ${this.at} (--from ${this.connectionAt}): ${why}`)
  }

  /**
   * To be called at times, when little is under way: reads the memory, and says how far the run is.
   * @param sent number of inputs so far.
   */
  progress(sent: number): void {
    if (this.#inputs >= FEWEST_JUDGED && sent >= (this.#inputs / SAMPLES) * (this.#memory.length + 1)) {
      const sample = sampleMemory(sent)
      this.#memory.push(sample)
      if (this.#memory.length % 2 === 0)
        process.stderr.write(`${String(sent)} ${this.#what}s: ${memoryText(sample)}\n`)
    }
    const now = performance.now()
    if (now - this.#saidMs < PROGRESS_MS) return
    this.#saidMs = now
    const rate = Math.round((sent * 1_000) / (now - this.#startedMs))
    process.stderr.write(`${String(sent)} ${this.#what}s, ${String(rate)}/s\n`)
  }

  report(seed: number, inputs: number, connections: number): Report {
    const { ok, lines: memory } =
      inputs < FEWEST_JUDGED
        ? { ok: true, lines: [] }
        : judgeMemory(this.#memory, { ...ALLOWED, unit: this.#what })
    if (!ok) this.fail(memory.at(-1) ?? 'memory grew')
    for (const stop of this.#stops) stop()
    const { outcomes, failures } = this
    return { seed, inputs, connections, outcomes, memory, novel: [...this.#novel], failures }
  }
}

/** Settles when everything written has been handled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
