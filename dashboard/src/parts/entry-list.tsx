/** A long list of entries of the journal; the chosen one stands beside it in full. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Entry } from '../lib/types.ts'
import { Chosen } from './basics.tsx'
import { EntryDetail } from './detail.tsx'
import { VirtualList } from './virtual-list.tsx'

export interface EntryListProps<T extends { readonly entry: Entry }> {
  readonly label: string
  /** Names the part that shows the chosen entry. */
  readonly chosenLabel: string
  readonly rows: readonly T[]
  readonly rowHeight: number
  /** Whether new rows stay in view while none is chosen. */
  readonly atEnd: boolean
  readonly render: (row: T) => ComponentChildren
  /** Puts the list into its frame. */
  readonly frame: (list: ComponentChildren) => ComponentChildren
}

export function EntryList<T extends { readonly entry: Entry }>(props: EntryListProps<T>) {
  const { rows, render } = props
  const [picked, setPicked] = useState<number | undefined>(undefined)
  const at = picked === undefined ? -1 : rows.findIndex(({ entry }) => entry.seq === picked)
  const chosen = rows[at]?.entry
  const list = (
    <VirtualList
      label={props.label}
      count={rows.length}
      rowHeight={props.rowHeight}
      keyOf={(index) => rows[index]?.entry.seq ?? index}
      selected={at < 0 ? undefined : at}
      onSelect={(index) => {
        setPicked(index === undefined ? undefined : rows[index]?.entry.seq)
      }}
      atEnd={props.atEnd && chosen === undefined}
      render={(index) => {
        const row = rows[index]
        return row === undefined ? null : render(row)
      }}
    />
  )
  return (
    <div class={`split ${chosen === undefined ? 'single' : ''}`}>
      {props.frame(list)}
      {chosen === undefined ? null : (
        <Chosen
          label={props.chosenLabel}
          onClose={() => {
            setPicked(undefined)
          }}
        >
          <EntryDetail key={chosen.seq} entry={chosen} />
        </Chosen>
      )}
    </div>
  )
}
