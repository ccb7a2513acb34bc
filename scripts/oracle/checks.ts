/** One line a check: passed, failed or skipped, each with what was seen; and the sum. */

export type Outcome = 'passed' | 'failed' | 'skipped'

export interface Check {
  readonly stranger: string
  readonly what: string
  readonly outcome: Outcome
  readonly detail: string
}

const SIGN: Readonly<Record<Outcome, string>> = { passed: '✓', failed: '✗', skipped: '-' }

export class Checks {
  readonly all: Check[] = []
  readonly #json: boolean

  constructor(json: boolean) {
    this.#json = json
  }

  add(stranger: string, what: string, outcome: Outcome, detail = ''): void {
    this.all.push({ stranger, what, outcome, detail })
    if (this.#json) console.log(JSON.stringify(this.all.at(-1)))
    else console.log(`${SIGN[outcome]} ${stranger}: ${what}${detail === '' ? '' : ` (${detail})`}`)
  }

  /** Runs a check; an exception is its failure, a text that it gives a remark. Failures do not stop the next ones. */
  async run(stranger: string, what: string, check: () => unknown): Promise<void> {
    try {
      const remark = await within(30, what, check)
      this.add(stranger, what, 'passed', typeof remark === 'string' ? remark : '')
    } catch (error) {
      this.add(stranger, what, 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  count(outcome: Outcome): number {
    return this.all.filter((check) => check.outcome === outcome).length
  }

  /** @returns the exit code. */
  end(): number {
    const [passed, failed, skipped] = [this.count('passed'), this.count('failed'), this.count('skipped')]
    if (this.#json) console.log(JSON.stringify({ passed, failed, skipped }))
    else console.log(`oracle: ${passed} passed, ${failed} failed, ${skipped} skipped`)
    return failed === 0 && passed > 0 ? 0 : 1
  }
}

/** @throws Error when nothing comes of it in so many seconds. */
export async function within<T>(seconds: number, what: string, run: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what}: nothing came in ${String(seconds)} s`))
    }, seconds * 1_000)
  })
  try {
    return await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}
