/** The newest entries of the journal that a page shows. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { follow } from './stream.ts'
import type { Entry } from './types.ts'

export interface Followed {
  readonly entries: readonly Entry[]
  /** How many entries the hub left out, because there were more than a person can read. */
  readonly leftOut: number
  /** Entries that have come since the page was paused. */
  readonly held: number
  readonly clear: () => void
}

/**
 * @param query of `GET /journal`.
 * @param since entries after this seq; undefined: only new ones.
 * @param keep number of entries that stay.
 */
export function useJournal(
  query: Readonly<Record<string, string>>,
  since: number | undefined,
  keep: number,
  paused = false,
): Followed {
  const all = useRef<readonly Entry[]>([])
  const [shown, setShown] = useState<readonly Entry[]>([])
  const [leftOut, setLeftOut] = useState(0)
  const [held, setHeld] = useState(0)
  const isPaused = useRef(paused)
  const key = JSON.stringify(query)
  useEffect(() => {
    all.current = []
    setShown([])
    setLeftOut(0)
    setHeld(0)
    return follow(query, since, {
      onEntries: (entries) => {
        all.current = [...all.current, ...entries].slice(-keep)
        if (isPaused.current) setHeld((count) => count + entries.length)
        else setShown(all.current)
      },
      onLeftOut: (count) => {
        setLeftOut((sum) => sum + count)
      },
      onRestart: () => {
        all.current = []
      },
    })
  }, [key])
  useEffect(() => {
    isPaused.current = paused
    if (paused) return
    setHeld(0)
    setShown(all.current)
  }, [paused])
  const clear = (): void => {
    all.current = []
    setShown([])
    setLeftOut(0)
  }
  return { entries: shown, leftOut, held, clear }
}

/** What a call gives, asked again whenever one of the values changes. */
export function useAsked<T>(
  ask: () => Promise<T>,
  values: readonly unknown[],
): { readonly value: T | undefined; readonly failed: unknown; readonly again: () => void } {
  const [state, setState] = useState<{ readonly value?: T; readonly failed?: unknown }>({})
  const [round, setRound] = useState(0)
  useEffect(() => {
    let current = true
    ask().then(
      (value) => {
        if (current) setState({ value })
      },
      (failed: unknown) => {
        if (current) setState((before) => ({ ...before, failed }))
      },
    )
    return () => {
      current = false
    }
  }, [...values, round])
  return {
    value: state.value,
    failed: state.failed,
    again: () => {
      setRound((n) => n + 1)
    },
  }
}
