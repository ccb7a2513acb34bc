/** Everything that a device does, decoded, as it happens. */

import { useMemo, useState } from 'preact/hooks'
import { Badge, Button, Empty } from '../../parts/basics.tsx'
import { EntryList } from '../../parts/entry-list.tsx'
import { SearchField } from '../../parts/fields.tsx'
import { GROUPS, lineOf, type Group, type Line } from '../../lib/entry.ts'
import { jsonLines, save } from '../../lib/files.ts'
import { clockText, shortNumber } from '../../lib/text.ts'
import type { Entry } from '../../lib/types.ts'
import type { Followed } from '../../lib/use-journal.ts'

const NONE: ReadonlySet<Group> = new Set<Group>(['packet'])

export interface TimelineProps {
  readonly journal: Followed
  /** For the name of the file. */
  readonly name: string
}

export function TimelineTab({ journal, name }: TimelineProps) {
  /** What is shown while it is paused. */
  const [held, setHeld] = useState<readonly Entry[] | undefined>(undefined)
  const [hidden, setHidden] = useState<ReadonlySet<Group>>(NONE)
  const [text, setText] = useState('')
  const entries = held ?? journal.entries
  const shown = useMemo(() => filtered(entries, hidden, text), [entries, hidden, text])
  const fresh = held === undefined ? 0 : newerThan(held.at(-1)?.seq ?? 0, journal.entries)
  const toggle = (group: Group): void => {
    const next = new Set(hidden)
    if (!next.delete(group)) next.add(group)
    setHidden(next)
  }
  return (
    <>
      <div class="row filters">
        <SearchField
          label="Filter the timeline by text"
          placeholder="Filter by text"
          value={text}
          onValue={setText}
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
            icon={held === undefined ? 'pause' : 'play'}
            onClick={() => {
              setHeld(held === undefined ? journal.entries : undefined)
            }}
          >
            {held === undefined ? 'Pause' : `Resume${fresh > 0 ? ` (${shortNumber(fresh)} new)` : ''}`}
          </Button>
          <Button
            icon="save"
            disabled={shown.length === 0}
            onClick={() => {
              save(`${name}.jsonl`, jsonLines(shown.map(({ entry }) => entry)), 'application/jsonl')
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
      {shown.length === 0 && !journal.open ? null : shown.length === 0 ? (
        <Empty
          icon="wire"
          title={entries.length === 0 ? 'Nothing has happened yet' : 'Nothing matches the filter'}
        >
          {entries.length === 0
            ? 'Connect the device with the connection string under Keys.'
            : 'Show more kinds, or clear the text.'}
        </Empty>
      ) : (
        <EntryList
          label="Timeline, newest at the end"
          chosenLabel="The chosen entry"
          rows={shown}
          rowHeight={32}
          atEnd={held === undefined}
          render={(row) => <TimelineRow {...row} />}
          frame={(list) => <div class="card table">{list}</div>}
        />
      )}
    </>
  )
}

interface Row {
  readonly entry: Entry
  readonly line: Line
}

function TimelineRow({ entry, line: { label, text, tone, direction } }: Row) {
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

function filtered(entries: readonly Entry[], hidden: ReadonlySet<Group>, text: string): readonly Row[] {
  const wanted = text.toLowerCase()
  return entries.flatMap((entry): readonly Row[] => {
    const line = lineOf(entry)
    if (hidden.has(line.group)) return []
    const words = `${line.label} ${line.text} ${entry.identity ?? ''}`
    return wanted === '' || words.toLowerCase().includes(wanted) ? [{ entry, line }] : []
  })
}

function newerThan(seq: number, entries: readonly Entry[]): number {
  return entries.length - 1 - entries.findLastIndex((entry) => entry.seq <= seq)
}
