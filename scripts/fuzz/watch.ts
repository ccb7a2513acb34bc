/** What a run looks for: exceptions that escape, internal errors in the journal, memory that grows. */

import type { Journal } from '../../mock-hub/core/contract/journal.ts'

/** Growth of the heap that is not a leak: caches, compiled code, retained entries. */
const ALLOWED_GROWTH = 48 * 1024 * 1024
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
  /** Heap in bytes after a quarter and at the end. */
  readonly heap: readonly [number, number]
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
  #heapEarly = 0
  readonly #from: number
  readonly #startedMs = performance.now()
  #saidMs = this.#startedMs

  /** @param what an input: `packet`, `request`. */
  constructor(what: string, from: number) {
    this.#what = what
    this.at = from
    this.#from = from
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

  /** To be called at times; the first call after a quarter of the inputs counts. Says how far the run is. */
  quarter(passed: boolean): void {
    if (passed && this.#heapEarly === 0) this.#heapEarly = heapNow()
    const now = performance.now()
    if (now - this.#saidMs < PROGRESS_MS) return
    this.#saidMs = now
    const sent = this.at - this.#from
    const rate = Math.round((sent * 1_000) / (now - this.#startedMs))
    process.stderr.write(`${String(sent)} ${this.#what}s, ${String(rate)}/s\n`)
  }

  report(seed: number, inputs: number, connections: number): Report {
    const heapLate = heapNow()
    if (this.#heapEarly > 0 && heapLate - this.#heapEarly > ALLOWED_GROWTH)
      this.fail(`the heap grew from ${this.#heapEarly} to ${heapLate} bytes`)
    for (const stop of this.#stops) stop()
    const { outcomes, failures } = this
    const novel = [...this.#novel]
    return { seed, inputs, connections, outcomes, heap: [this.#heapEarly, heapLate], novel, failures }
  }
}

function heapNow(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Settles when everything written has been handled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
