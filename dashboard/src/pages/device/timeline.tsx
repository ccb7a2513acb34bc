/** Everything that a device does, decoded, as it happens. */

import { useMemo, useState } from 'preact/hooks'
import { Badge, Button, Empty } from '../../parts/basics.tsx'
import { EntryDetail } from '../../parts/detail.tsx'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { GROUPS, lineOf, type Group } from '../../lib/entry.ts'
import { jsonLines, save } from '../../lib/files.ts'
import { clockText, shortNumber } from '../../lib/text.ts'
import type { Entry } from '../../lib/types.ts'
import type { Followed } from '../../lib/use-journal.ts'

const NONE: ReadonlySet<Group> = new Set<Group>(['packet'])

export interface TimelineProps {
  readonly journal: Followed
  readonly paused: boolean
  readonly onPause: (paused: boolean) => void
  /** For the name of the file. */
  readonly name: string
}

export function TimelineTab({ journal, paused, onPause, name }: TimelineProps) {
  const [hidden, setHidden] = useState<ReadonlySet<Group>>(NONE)
  const [text, setText] = useState('')
  const [picked, setPicked] = useState<number | undefined>(undefined)
  const shown = useMemo(() => filtered(journal.entries, hidden, text), [journal.entries, hidden, text])
  const selected = picked === undefined ? -1 : shown.findIndex(({ seq }) => seq === picked)
  const entry = shown[selected]
  const toggle = (group: Group): void => {
    const next = new Set(hidden)
    if (!next.delete(group)) next.add(group)
    setHidden(next)
  }
  return (
    <>
      <div class="row filters">
        <input
          type="search"
          aria-label="Filter the timeline by text"
          placeholder="Filter by text"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value)
          }}
        />
        <div class="chips" role="group" aria-label="What to show">
          {GROUPS.map(([group, label]) => (
            <button
              key={group}
              type="button"
              class="chip"
              aria-pressed={!hidden.has(group)}
              onClick={() => {
                toggle(group)
              }}
            >
              {label}
            </button>
          ))}
        </div>
        <span class="row end">
          <Button
            icon={paused ? 'play' : 'pause'}
            onClick={() => {
              onPause(!paused)
            }}
          >
            {paused ? `Go on${journal.held > 0 ? ` (${shortNumber(journal.held)} new)` : ''}` : 'Pause'}
          </Button>
          <Button
            icon="save"
            disabled={shown.length === 0}
            onClick={() => {
              save(`${name}.jsonl`, jsonLines(shown), 'application/jsonl')
            }}
          >
            Export
          </Button>
        </span>
      </div>
      {journal.leftOut > 0 ? (
        <p class="note" role="status">
          <Badge tone="info">sample</Badge> There is more than can be shown: the hub left out{' '}
          {shortNumber(journal.leftOut)} entries. Nothing is lost for the device.
        </p>
      ) : null}
      {shown.length === 0 ? (
        <Empty
          icon="wire"
          title={journal.entries.length === 0 ? 'Nothing has happened yet' : 'Nothing matches the filter'}
        >
          {journal.entries.length === 0
            ? 'Connect the device with the connection string under Keys.'
            : 'Show more kinds, or clear the text.'}
        </Empty>
      ) : (
        <div class={`split ${entry === undefined ? 'single' : ''}`}>
          <div class="card table">
            <VirtualList
              label="Timeline, newest at the end"
              count={shown.length}
              rowHeight={32}
              keyOf={(index) => shown[index]?.seq ?? index}
              selected={selected < 0 ? undefined : selected}
              onSelect={(index) => {
                setPicked(shown[index]?.seq)
              }}
              atEnd={!paused && entry === undefined}
              render={(index) => <TimelineRow entry={shown[index]} />}
            />
          </div>
          {entry === undefined ? null : (
            <aside class="card scroll" aria-label="The chosen entry">
              <EntryDetail key={entry.seq} entry={entry} />
              <Button
                look="quiet"
                icon="close"
                onClick={() => {
                  setPicked(undefined)
                }}
              >
                Close
              </Button>
            </aside>
          )}
        </div>
      )}
    </>
  )
}

export function TimelineRow({ entry }: { readonly entry: Entry | undefined }) {
  if (entry === undefined) return null
  const { label, text, tone, direction } = lineOf(entry)
  const [, moduleId] = entry.identity?.split('/') ?? []
  return (
    <div class={`timeline-row ${tone}`}>
      <span class="mono faint">{clockText(entry.time)}</span>
      <span
        class={`arrow ${direction ?? ''}`}
        role="img"
        aria-label={
          direction === 'in' ? 'from the device' : direction === 'out' ? 'to the device' : 'at the hub'
        }
      >
        {direction === 'in' ? '→' : direction === 'out' ? '←' : '·'}
      </span>
      <Badge tone={tone}>{label}</Badge>
      {moduleId === undefined ? null : <span class="faint">{moduleId}</span>}
      <span class="cut mono">{text}</span>
    </div>
  )
}

function filtered(entries: readonly Entry[], hidden: ReadonlySet<Group>, text: string): readonly Entry[] {
  const wanted = text.toLowerCase()
  return entries.filter((entry) => {
    const { group, label, text: words } = lineOf(entry)
    if (hidden.has(group)) return false
    return wanted === '' || `${label} ${words} ${entry.identity ?? ''}`.toLowerCase().includes(wanted)
  })
}
