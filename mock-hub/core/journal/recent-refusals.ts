/** The newest refusals; each is journalled and logged too. */

import type { Logger } from '../../base/logger.ts'
import type { Hub } from '../contract/hub.ts'
import type { Journal, JournalEntry } from '../contract/journal.ts'
import type { HubError } from '../errors/hub-error.ts'

type Refusal = Extract<JournalEntry, { type: 'refusal' }>

const REMEMBERED = 100

export class Refusals {
  readonly #journal: Journal
  readonly #logger: Logger
  #newestFirst: readonly Refusal[] = []

  constructor(journal: Journal, logger: Logger) {
    this.#journal = journal
    this.#logger = logger
    journal.subscribe((entry) => {
      if (entry.type === 'refusal') this.#newestFirst = [entry, ...this.#newestFirst.slice(0, REMEMBERED - 1)]
    })
  }

  get newestFirst(): readonly Refusal[] {
    return this.#newestFirst
  }

  clear(): void {
    this.#newestFirst = []
  }

  add(error: HubError, { identity, linkId, transport }: Parameters<Hub['refuse']>[1]): void {
    const { explanation, kind, code } = error
    this.#journal.record({
      type: 'refusal',
      ...(identity === undefined ? {} : { identity }),
      ...(linkId === undefined ? {} : { linkId }),
      transport,
      error: kind,
      code,
      explanation,
    })
    const { rule, expected, received, source } = explanation
    this.#logger.warn(
      `${identity ?? 'an unknown caller'} over ${transport}: ${kind} (${String(code)}): expected ${expected}, received ${received} [${rule}, ${source}]`,
    )
  }
}
