/** What became of the examples: a line for each, and all that did not pass once more at the end. */

export type Outcome = 'passed' | 'failed' | 'skipped'

export class Summary {
  readonly #counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 }
  readonly #notPassed: string[] = []

  /** @returns the line of one example. */
  add(language: string, what: string, outcome: Outcome, why = ''): string {
    this.#counts[outcome]++
    const line = `${language}, ${what}: ${outcome}${why === '' ? '' : ` (${why})`}\n`
    if (outcome !== 'passed') this.#notPassed.push(line)
    return line
  }

  get failed(): boolean {
    return this.#counts.failed > 0
  }

  /** The end of the report: what failed or was skipped, with its reason, and the counts on the last line. */
  end(): string {
    const { passed, failed, skipped } = this.#counts
    const counts = `examples: ${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`
    return `${this.#notPassed.length === 0 ? '' : `\nNot passed:\n${this.#notPassed.join('')}\n`}${counts}`
  }
}
