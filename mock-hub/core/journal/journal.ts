/** The journal: a ring buffer of events. */

import type { Clock } from '../../base/clock.ts'
import type {
  Journal,
  JournalEntry,
  JournalEntryOf,
  JournalEvent,
  JournalFilter,
} from '../contract/journal.ts'
import { Emitter } from '../../base/emitter.ts'
import { withoutSecrets } from '../../base/secrets.ts'
import { RingBuffer } from '../../base/ring-buffer.ts'

export class HubJournal implements Journal {
  readonly #clock: Clock
  readonly #ring: RingBuffer<JournalEntry>
  readonly #listeners = new Emitter<[JournalEntry]>()
  #seq = 0

  /** @param retained number of entries that are kept. */
  constructor(clock: Clock, retained: number) {
    this.#clock = clock
    this.#ring = new RingBuffer(retained)
  }

  /** URLs are kept without secrets; whoever records a refusal has left them out. */
  record(event: JournalEvent): void {
    // The journal owns the event: it adds the two fields in place, because each telemetry message makes three entries.
    const shown = event.type === 'request' ? { ...event, url: withoutSecrets(event.url) } : event
    const entry = shown as { -readonly [K in keyof JournalEntry]: JournalEntry[K] } & JournalEvent
    entry.seq = ++this.#seq
    entry.at = this.#clock.now()
    this.#ring.push(entry)
    this.#listeners.tell(entry)
  }

  /** Drops all entries; the sequence numbers go on. */
  clear(): void {
    this.#ring.clear()
  }

  get entries(): readonly JournalEntry[] {
    return this.#ring.toArray()
  }

  filter<T extends JournalEvent['type']>({
    type,
    identity,
    linkId,
  }: JournalFilter<T>): readonly JournalEntryOf<T>[] {
    return this.#ring
      .toArray()
      .filter(
        (entry): entry is JournalEntryOf<T> =>
          (type === undefined || entry.type === type) &&
          (identity === undefined || ('identity' in entry && entry.identity === identity)) &&
          (linkId === undefined || ('linkId' in entry && entry.linkId === linkId)),
      )
  }

  get seq(): number {
    return this.#seq
  }

  subscribe(listener: (entry: JournalEntry) => void): () => void {
    return this.#listeners.add(listener)
  }

  until(
    matches: (entry: JournalEntry) => boolean,
    { after = 0, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {},
  ): Promise<JournalEntry> {
    for (let index = this.#firstAfter(after); index < this.#ring.size; index++) {
      const entry = this.#ring.at(index)
      if (entry !== undefined && matches(entry)) return Promise.resolve(entry)
    }
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        stop()
        // The reason is the caller's and may be any value.
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        reject(signal?.reason)
      }
      const stop = this.#listeners.add((entry) => {
        if (!matches(entry)) return
        stop()
        signal?.removeEventListener('abort', aborted)
        resolve(entry)
      })
      if (signal?.aborted === true) aborted()
      else signal?.addEventListener('abort', aborted, { once: true })
    })
  }

  /** Sequence numbers have no gaps, so a number gives its index. */
  #firstAfter(after: number): number {
    const oldest = this.#seq - this.#ring.size
    return Math.max(0, after - oldest)
  }
}
