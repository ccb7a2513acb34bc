/** The event stream of the journal, read with `fetch`, so that it can carry the token. */

import { call, open } from './api.ts'
import { after, now } from './clock.ts'
import { eventsIn, type StreamEvent } from './events.ts'
import type { Entry, Status } from './types.ts'

const AGAIN_MS = 1_000
/** Entries are handed over together: what a burst brings is one rendering. */
const TOGETHER_MS = 60

export interface Following {
  readonly onEntries: (entries: readonly Entry[]) => void
  /** The hub sampled: it left out so many. */
  readonly onLeftOut: (count: number) => void
  /** The hub was restarted: earlier entries are gone. */
  readonly onRestart: () => void
  /** What there was already has been handed over. */
  readonly onOpen: () => void
}

/**
 * Follows the journal, and goes on after an interruption where it stopped.
 * @param query parameters of `GET /journal` beside follow and after.
 * @param since entries after this seq.
 * @returns stops.
 */
export function follow(query: Readonly<Record<string, string>>, since: number, on: Following): () => void {
  const ending = new AbortController()
  let last = since
  let waiting: Entry[] = []
  let cancel: (() => void) | undefined
  let journalId: string | undefined
  const hand = (): void => {
    cancel = undefined
    const entries = waiting
    waiting = []
    if (entries.length > 0) on.onEntries(entries)
    on.onOpen()
  }
  const take = ({ event, data }: StreamEvent): void => {
    if (event === 'left-out') {
      on.onLeftOut((JSON.parse(data) as { leftOut: number }).leftOut)
      return
    }
    const entry = JSON.parse(data) as Entry // the API sends entries
    last = entry.seq
    waiting.push(entry)
    cancel ??= after(TOGETHER_MS, hand)
  }
  const read = async (): Promise<void> => {
    const { journal } = await call<Status>('GET', '/status')
    if (journalId !== undefined && journalId !== journal.id) {
      last = 0
      on.onRestart()
    }
    journalId = journal.id
    const parameters = new URLSearchParams({
      ...query,
      follow: '',
      after: String(last),
    })
    const { body } = await open(`/journal?${parameters.toString()}`, { signal: ending.signal })
    if (body === null) return
    cancel ??= after(TOGETHER_MS, hand)
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const found = eventsIn(rest + value)
      rest = found.rest
      for (const event of found.events) take(event)
    }
  }
  let cancelRun: (() => void) | undefined
  const run = (): void => {
    const startedAt = now()
    void read()
      .catch(() => undefined)
      .then(() => {
        if (!ending.signal.aborted) cancelRun = after(Math.max(0, AGAIN_MS - (now() - startedAt)), run)
      })
  }
  run()
  return () => {
    ending.abort()
    cancelRun?.()
    cancel?.()
  }
}
