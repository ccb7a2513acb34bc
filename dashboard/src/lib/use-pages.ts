/** A list of the hub of which only the rows in view are read. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { request } from './api.ts'
import { after } from './clock.ts'

/** Rows that are read together. */
const PAGE = 100
/** While a person scrolls or types, nothing is asked. */
const REST_MS = 80

export interface Pages<T> {
  /** How many rows match; undefined: not known yet. */
  readonly total: number | undefined
  readonly rows: ReadonlyMap<number, T>
  readonly failed: unknown
  /** Which rows are in view. */
  readonly range: (from: number, to: number) => void
  /** Reads again what is in view. */
  readonly again: () => void
}

/**
 * @param path of a list with the parameters `skip` and `limit`.
 * @param query its other parameters.
 * @param change read again whenever it changes.
 */
export function usePages<T>(
  path: string,
  query: Readonly<Record<string, string>>,
  change: unknown,
): Pages<T> {
  const [total, setTotal] = useState<number | undefined>(undefined)
  const [rows, setRows] = useState<ReadonlyMap<number, T>>(new Map())
  const [failed, setFailed] = useState<unknown>(undefined)
  const [span, setSpan] = useState<readonly [number, number]>([0, 30])
  const [round, setRound] = useState(0)
  const wanted = useRef('')
  const selection = new URLSearchParams(query).toString()
  useEffect(() => {
    const skip = Math.floor(span[0] / PAGE) * PAGE
    const limit = Math.max(PAGE, Math.ceil((span[1] - skip) / PAGE) * PAGE)
    const asked = `${path}?${selection}&skip=${String(skip)}&limit=${String(limit)}`
    wanted.current = asked
    return after(rows.size === 0 ? 0 : REST_MS, () => {
      request<readonly T[]>('GET', asked).then(
        ({ body, headers }) => {
          if (wanted.current !== asked) return
          setFailed(undefined)
          setTotal(Number(headers.get('x-total-count')))
          setRows(new Map(body.map((row, at) => [skip + at, row])))
        },
        (error: unknown) => {
          if (wanted.current === asked) setFailed(error)
        },
      )
    })
  }, [path, selection, span[0], span[1], change, round])
  return {
    total,
    rows,
    failed,
    range: (from, to) => {
      setSpan([from, to])
    },
    again: () => {
      setRound((n) => n + 1)
    },
  }
}
