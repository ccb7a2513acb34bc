/** Parts of forms: JSON text with its problem beside it, and properties of a message. */

import { useState } from 'preact/hooks'
import { jsonProblem } from '../lib/diff.ts'
import { Button } from './basics.tsx'
import { TextArea, type FieldTexts } from './fields.tsx'

export interface JsonFieldProps extends FieldTexts {
  readonly text: string
  readonly onText: (text: string) => void
  readonly rows?: number
  /** Whether text that is not JSON is fine too. */
  readonly anyText?: boolean
}

export function JsonField({ text, onText, rows = 6, anyText = false, ...props }: JsonFieldProps) {
  const wrong = anyText || text.trim() === '' ? undefined : jsonProblem(text)
  return <TextArea {...props} rows={rows} value={text} onValue={onText} problem={wrong ?? props.problem} />
}

export type PropertyRows = readonly (readonly [string, string])[]

export function PropertyFields({
  rows,
  onRows,
}: {
  readonly rows: PropertyRows
  readonly onRows: (rows: PropertyRows) => void
}) {
  const change = (at: number, name: string, value: string): void => {
    onRows(rows.map((row, index) => (index === at ? [name, value] : row)))
  }
  return (
    <fieldset class="properties">
      <legend>Properties</legend>
      {rows.map(([name, value], at) => (
        <div class="row" key={at}>
          <input
            aria-label={`Name of property ${String(at + 1)}`}
            placeholder="name"
            value={name}
            onInput={(event) => {
              change(at, event.currentTarget.value, value)
            }}
          />
          <input
            aria-label={`Value of property ${String(at + 1)}`}
            placeholder="value"
            value={value}
            onInput={(event) => {
              change(at, name, event.currentTarget.value)
            }}
          />
          <Button
            icon="close"
            look="quiet"
            aria-label={`Remove property ${String(at + 1)}`}
            onClick={() => {
              onRows(rows.filter((_, index) => index !== at))
            }}
          />
        </div>
      ))}
      <Button
        icon="plus"
        look="quiet"
        onClick={() => {
          onRows([...rows, ['', '']])
        }}
      >
        Add a property
      </Button>
    </fieldset>
  )
}

export function propertiesOf(rows: PropertyRows): Readonly<Record<string, string>> {
  return Object.fromEntries(rows.filter(([name]) => name !== ''))
}

/** Whether a call is under way, and what went wrong with the last. */
export function useCall(): {
  readonly busy: boolean
  readonly failed: unknown
  readonly run: (act: () => Promise<void>) => void
} {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>(undefined)
  const run = (act: () => Promise<void>): void => {
    setBusy(true)
    setFailed(undefined)
    act()
      .catch((error: unknown) => {
        setFailed(error)
      })
      .finally(() => {
        setBusy(false)
      })
  }
  return { busy, failed, run }
}
