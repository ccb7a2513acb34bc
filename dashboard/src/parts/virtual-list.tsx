/** A list of any length of which only what is seen is in the document. Rows have one height; arrow keys move the choice. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Rows beyond what is seen, so that scrolling finds them. */
const BEYOND = 8

export interface VirtualListProps {
  readonly label: string
  readonly count: number
  readonly rowHeight: number
  readonly render: (index: number) => ComponentChildren
  readonly keyOf: (index: number) => string | number
  readonly selected?: number | undefined
  /** undefined: Escape, nothing is chosen any more. */
  readonly onSelect?: (index: number | undefined) => void
  /** A click, or Enter on the chosen row. Default: a click only chooses. */
  readonly onOpen?: (index: number) => void
  /** Keeps the end in view while new rows come, unless a person has scrolled away from it. */
  readonly atEnd?: boolean
  /** Which rows are in view. */
  readonly onRange?: (from: number, to: number) => void
}

export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight, selected, onSelect, onOpen, atEnd = false, onRange } = props
  const box = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(400)
  const id = useId()
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => {
      setHeight(element.clientHeight)
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])
  useLayoutEffect(() => {
    if (atEnd && stuck.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [count, atEnd, height])
  const from = Math.max(0, Math.floor(top / rowHeight) - BEYOND)
  const to = Math.min(count, Math.ceil((top + height) / rowHeight) + BEYOND)
  useEffect(() => {
    onRange?.(from, to)
  }, [from, to, count])
  const scrolled = (): void => {
    const element = box.current
    if (element === null) return
    setTop(element.scrollTop)
    stuck.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight
  }
  const choose = (index: number): void => {
    const element = box.current
    if (onSelect === undefined || element === null || count === 0) return
    const at = Math.min(count - 1, Math.max(0, index))
    onSelect(at)
    if (at * rowHeight < element.scrollTop) element.scrollTop = at * rowHeight
    if ((at + 1) * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 1) * rowHeight - element.clientHeight
  }
  const pressed = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 1)
    const steps: ReadonlyMap<string, number> = new Map([
      ['ArrowDown', 1],
      ['ArrowUp', -1],
      ['PageDown', page],
      ['PageUp', -page],
      ['Home', -Infinity],
      ['End', Infinity],
    ])
    if (event.key === 'Enter' && selected !== undefined) onOpen?.(selected)
    if (event.key === 'Escape') onSelect?.(undefined)
    const step = steps.get(event.key)
    if (step === undefined) return
    event.preventDefault()
    choose((selected ?? -1) + step)
  }
  const indexes = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at)
  const active =
    selected !== undefined && selected >= from && selected < to ? `${id}-${String(selected)}` : undefined
  return (
    <div
      ref={box}
      class="virtual"
      role="listbox"
      aria-label={props.label}
      tabIndex={0}
      aria-activedescendant={active}
      onScroll={scrolled}
      onKeyDown={pressed}
    >
      <div class="virtual-space" role="presentation" style={{ height: `${String(count * rowHeight)}px` }}>
        {indexes.map((index) => (
          <div
            key={props.keyOf(index)}
            id={`${id}-${String(index)}`}
            class="virtual-row"
            role="option"
            aria-selected={index === selected}
            aria-setsize={count}
            aria-posinset={index + 1}
            style={{ top: `${String(index * rowHeight)}px`, height: `${String(rowHeight)}px` }}
            onClick={() => {
              choose(index)
              onOpen?.(index)
            }}
          >
            {props.render(index)}
          </div>
        ))}
      </div>
    </div>
  )
}
