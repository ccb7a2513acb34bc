/** The newest entries of the journal that a page shows. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { follow } from './stream.ts'
import type { Entry } from './types.ts'

export interface Followed {
  readonly entries: readonly Entry[]
  /** How many entries the hub left out, because there were more than a person can read. */
  readonly leftOut: number
  /** Whether what there was already has come. */
  readonly open: boolean
}

/**
 * @param query of `GET /journal`.
 * @param since entries after this seq.
 * @param keep number of entries that stay.
 */
export function useJournal(query: Readonly<Record<string, string>>, since: number, keep: number): Followed {
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const [leftOut, setLeftOut] = useState(0)
  const [open, setOpen] = useState(false)
  const key = JSON.stringify(query)
  useEffect(() => {
    const forget = (): void => {
      setEntries([])
      setLeftOut(0)
    }
    forget()
    return follow(query, since, {
      onEntries: (more) => {
        setEntries((before) => [...before, ...more].slice(-keep))
      },
      onLeftOut: (count) => {
        setLeftOut((sum) => sum + count)
      },
      onRestart: forget,
      onOpen: () => {
        setOpen(true)
      },
    })
  }, [key])
  return { entries, leftOut, open }
}

/**
 * What a call gives, asked again whenever one of the values changes. An older answer that comes late is not shown, one that
 * comes before a newer question is answered is. What is asked about does not change: that takes another `key` of the component.
 */
export function useAsked<T>(
  ask: () => Promise<T>,
  values: readonly unknown[],
): { readonly value: T | undefined; readonly failed: unknown; readonly again: () => void } {
  const [state, setState] = useState<{ readonly value?: T; readonly failed?: unknown }>({})
  const [round, setRound] = useState(0)
  const asked = useRef(0)
  const answered = useRef(0)
  useEffect(() => {
    const number = ++asked.current
    const isNews = (): boolean => {
      if (number < answered.current) return false
      answered.current = number
      return true
    }
    ask().then(
      (value) => {
        if (isNews()) setState({ value })
      },
      (failed: unknown) => {
        if (isNews()) setState((before) => ({ ...before, failed }))
      },
    )
  }, [...values, round])
  return {
    value: state.value,
    failed: state.failed,
    again: () => {
      setRound((n) => n + 1)
    },
  }
}
