/** Prints one line per check (passed, failed or skipped, with details) and the totals. */

export type Outcome = 'passed' | 'failed' | 'skipped'

export interface Check {
  readonly client: string
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

  add(client: string, what: string, outcome: Outcome, detail = ''): void {
    this.all.push({ client, what, outcome, detail })
    if (this.#json) console.log(JSON.stringify(this.all.at(-1)))
    else console.log(`${SIGN[outcome]} ${client}: ${what}${detail === '' ? '' : ` (${detail})`}`)
  }

  /** Runs a check. An exception fails it; a text that it returns is a remark. Later checks run after a failure. */
  async run(client: string, what: string, check: () => unknown): Promise<void> {
    try {
      const remark = await within(30, what, check)
      this.add(client, what, 'passed', typeof remark === 'string' ? remark : '')
    } catch (error) {
      this.add(client, what, 'failed', error instanceof Error ? error.message : String(error))
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

/** @throws Error when the function does not settle in this number of seconds. */
export async function within<T>(seconds: number, what: string, run: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what}: not settled after ${String(seconds)} s`))
    }, seconds * 1_000)
  })
  try {
    return await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}
