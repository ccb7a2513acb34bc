/** A searchable list of records of the provisioning service; the chosen one stands beside it. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Chosen, Empty, Problem } from '../../parts/basics.tsx'
import { SearchField } from '../../parts/fields.tsx'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { messageOf } from '../../lib/api.ts'
import { status } from '../../lib/hub.ts'
import { counted } from '../../lib/text.ts'
import { usePages } from '../../lib/use-pages.ts'
import { useValue } from '../../lib/value.ts'

export interface RecordListProps<T> {
  /** Of the control API. */
  readonly path: string
  /** `enrollment`: what a row is. */
  readonly noun: string
  readonly head: readonly string[]
  readonly idOf: (row: T) => string
  readonly render: (row: T) => ComponentChildren
  /** The chosen row in full. @param changed it was changed or deleted. */
  readonly detail: (row: T, changed: () => void) => ComponentChildren
  /** What to do when there is none. */
  readonly empty: ComponentChildren
  /** Beside the search. @param changed there is a new one. */
  readonly actions?: (changed: () => void) => ComponentChildren
}

export function RecordList<T>(props: RecordListProps<T>) {
  const { path, noun, idOf } = props
  const [text, setText] = useState('')
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const seq = useValue(status)?.journal.seq
  const { total, rows, failed, range, again } = usePages<T>(path, text === '' ? {} : { contains: text }, seq)
  const [at, row] = [...rows].find(([, one]) => idOf(one) === picked) ?? []
  return (
    <>
      <div class="row filters">
        <SearchField
          label={`Search ${noun}s by id`}
          placeholder="Search by id"
          value={text}
          onValue={setText}
        />
        <span class="faint" role="status">
          {total === undefined ? '' : counted(total, noun)}
        </span>
        <span class="row end">{props.actions?.(again)}</span>
      </div>
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      {total === 0 ? (
        <Empty icon="key" title={text === '' ? `No ${noun} yet` : `No ${noun} matches`}>
          {text === '' ? props.empty : 'Try another text.'}
        </Empty>
      ) : (
        <div class={`split ${row === undefined ? 'single' : ''}`}>
          <div class="table card">
            <div class="record-row head" aria-hidden="true">
              {props.head.map((name) => (
                <span key={name}>{name}</span>
              ))}
            </div>
            <VirtualList
              label={`The list of ${noun}s`}
              count={total ?? 0}
              rowHeight={40}
              keyOf={(index) => index}
              selected={at}
              onSelect={(index) => {
                const one = index === undefined ? undefined : rows.get(index)
                setPicked(one === undefined ? undefined : idOf(one))
              }}
              onRange={range}
              render={(index) => {
                const one = rows.get(index)
                return <div class="record-row">{one === undefined ? '…' : props.render(one)}</div>
              }}
            />
          </div>
          {row === undefined ? null : (
            <Chosen
              label={`The chosen ${noun}`}
              onClose={() => {
                setPicked(undefined)
              }}
            >
              {props.detail(row, again)}
            </Chosen>
          )}
        </div>
      )}
    </>
  )
}

/** Names and values; a value that is absent is left out. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [name: string, value: ComponentChildren | undefined])[]
}) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="wrap">{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}
