/** Plots of the numbers in telemetry, picked by their paths. */

import { useMemo, useState } from 'preact/hooks'
import { Badge, Card, Empty } from '../../parts/basics.tsx'
import { SearchField } from '../../parts/fields.tsx'
import { Plot } from '../../parts/plot.tsx'
import { messageIn } from '../../lib/entry.ts'
import { numbersIn } from '../../lib/diff.ts'
import { counted, jsonOf, shortNumber } from '../../lib/text.ts'
import type { Entry } from '../../lib/types.ts'
import type { Followed } from '../../lib/use-journal.ts'

const COLORS = ['--accent', '--plot-2', '--plot-3', '--plot-4', '--plot-5', '--plot-6']

/** Values to choose from at a time; a device may send any number. */
const OFFERED = 40

interface Point {
  readonly at: number
  readonly values: ReadonlyMap<string, number>
}

export function PlotsTab({ journal: { entries, leftOut, open } }: { readonly journal: Followed }) {
  const points = useMemo(() => entries.flatMap(pointOf), [entries])
  const all = useMemo(() => [...new Set(points.flatMap(({ values }) => [...values.keys()]))].sort(), [points])
  const [text, setText] = useState('')
  const matching = all.filter((path) => path.toLowerCase().includes(text.toLowerCase()))
  const paths = matching.slice(0, OFFERED)
  const [chosen, setChosen] = useState<ReadonlySet<string> | undefined>(undefined)
  const picked = all.filter((path, at) => chosen?.has(path) ?? at < 2)
  if (all.length === 0 && !open) return null
  if (all.length === 0)
    return (
      <Empty icon="plot" title="No numbers yet">
        When the device sends JSON with numbers, they are plotted here: {'{"temperature": 21.5}'}.
      </Empty>
    )
  const toggle = (path: string): void => {
    const next = new Set(picked)
    if (!next.delete(path)) next.add(path)
    setChosen(next)
  }
  return (
    <>
      <div class="row filters">
        {all.length > OFFERED ? (
          <SearchField label="Search values" placeholder="Search values" value={text} onValue={setText} />
        ) : null}
        <div class="chips" role="group" aria-label="Values to plot">
          {paths.map((path) => (
            <button
              key={path}
              type="button"
              class="chip mono"
              aria-pressed={picked.includes(path)}
              onClick={() => {
                toggle(path)
              }}
            >
              {path}
            </button>
          ))}
        </div>
        {matching.length > OFFERED ? (
          <span class="faint">and {counted(matching.length - OFFERED, 'other')}</span>
        ) : null}
        {leftOut > 0 ? <Badge tone="info">a sample of the messages</Badge> : null}
      </div>
      {picked.map((path) => {
        const own = points.filter(({ values }) => values.has(path))
        const values = own.map((point) => point.values.get(path) ?? 0)
        const last = values.at(-1) ?? 0
        return (
          <Card
            key={path}
            title={<span class="mono">{path}</span>}
            actions={<span class="tile-value small">{shortNumber(last)}</span>}
          >
            <Plot
              label={`${path} over time; newest value ${String(last)}`}
              times={own.map(({ at }) => at)}
              series={[
                { label: path, color: COLORS[all.indexOf(path) % COLORS.length] ?? '--accent', values },
              ]}
              height={170}
            />
          </Card>
        )
      })}
    </>
  )
}

function pointOf(entry: Entry): readonly Point[] {
  if (entry.type !== 'operation' || entry['operation'] !== 'telemetry') return []
  const body = messageIn(entry)?.body
  const value = typeof body === 'string' ? jsonOf(body) : undefined
  if (value === undefined) return []
  const [, moduleId] = entry.identity?.split('/') ?? []
  const numbers = numbersIn(value).map(
    ([path, number]) => [moduleId === undefined ? path : `${moduleId}: ${path}`, number] as const,
  )
  return numbers.length === 0 ? [] : [{ at: Date.parse(entry.time) / 1000, values: new Map(numbers) }]
}
