/** The newest refusals; each is journalled and logged too. */

import { woundBy, type Clock } from '../../base/clock.ts'
import { withoutSecrets } from '../../base/secrets.ts'
import type { Logger } from '../../base/logger.ts'
import type { Hub } from '../contract/hub.ts'
import type { Journal, JournalEntry } from '../contract/journal.ts'
import type { Explanation, HubError } from '../errors/hub-error.ts'

type Refusal = Extract<JournalEntry, { type: 'refusal' }>

const REMEMBERED = 100
/** Rules that are broken because time has passed: the explanation says when the hub's clock was wound. */
const RULES_OF_TIME: ReadonlySet<string> = new Set([
  ...['WIRE-AUTH-12', 'WIRE-AUTH-13', 'WIRE-AUTH-17', 'WIRE-CONN-26', 'WIRE-SESS-07', 'limit-silence'],
  ...['WIRE-METH-16', 'WIRE-FILE-07', 'c2d-expiry-long-past'],
])

export class Refusals {
  readonly #journal: Journal
  readonly #logger: Logger
  readonly #clock: Clock
  #newestFirst: readonly Refusal[] = []

  constructor(journal: Journal, logger: Logger, clock: Clock) {
    this.#journal = journal
    this.#logger = logger
    this.#clock = clock
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
    const { kind, code } = error
    const explanation = this.#explained(error.explanation)
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
      true,
    )
  }

  /** Without secrets; for a rule of time also how far the clock was wound. */
  #explained({ expected, received, ...rest }: Explanation): Explanation {
    const wound = RULES_OF_TIME.has(rest.rule) ? woundBy(this.#clock) : undefined
    return {
      ...rest,
      expected: withoutSecrets(expected),
      received: `${withoutSecrets(received)}${wound === undefined ? '' : `; ${wound}`}`,
    }
  }
}
