/** Labelled fields of forms; the problem of a field stands beside it. */

import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { Problem } from './basics.tsx'

/** What stands around an input. */
export interface FieldTexts {
  readonly label: string
  readonly hint?: ComponentChildren
  readonly problem?: string | undefined
}

export interface FieldAttributes {
  readonly id: string
  readonly 'aria-describedby': string
  readonly 'aria-invalid': boolean
}

export function Field(
  props: FieldTexts & { readonly children: (attributes: FieldAttributes) => ComponentChildren },
) {
  const id = useId()
  const { label, hint, problem } = props
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {props.children({ id, 'aria-describedby': `${id}-hint`, 'aria-invalid': problem !== undefined })}
      <div id={`${id}-hint`} class="hint">
        {problem === undefined ? hint : <Problem text={problem} />}
      </div>
    </div>
  )
}

export interface TextFieldProps extends FieldTexts {
  readonly value: string
  readonly onValue: (value: string) => void
  readonly placeholder?: string
  readonly required?: boolean
}

/** A line of text: an id, a span of time. */
export function TextField({ value, onValue, placeholder, required, ...texts }: TextFieldProps) {
  return (
    <Field {...texts}>
      {(attributes) => (
        <input
          {...attributes}
          class="mono"
          autocomplete="off"
          spellcheck={false}
          required={required}
          placeholder={placeholder}
          value={value}
          onInput={(event) => {
            onValue(event.currentTarget.value)
          }}
        />
      )}
    </Field>
  )
}

export interface TextAreaProps extends TextFieldProps {
  readonly rows: number
}

/** Several lines of text: JSON, a certificate. */
export function TextArea({ value, onValue, placeholder, required, rows, ...texts }: TextAreaProps) {
  return (
    <Field {...texts}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="code"
          autocomplete="off"
          spellcheck={false}
          required={required}
          placeholder={placeholder}
          rows={rows}
          value={value}
          onInput={(event) => {
            onValue(event.currentTarget.value)
          }}
        />
      )}
    </Field>
  )
}

export interface NumberFieldProps extends FieldTexts {
  /** As the person writes it. */
  readonly value: string
  readonly onValue: (value: string) => void
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Default: whole numbers. */
  readonly step?: number | 'any'
  readonly required?: boolean
  readonly disabled?: boolean
  readonly placeholder?: string
}

export function NumberField({ value, onValue, step = 1, ...props }: NumberFieldProps) {
  const { label, hint, problem, ...rest } = props
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(attributes) => (
        <input
          {...attributes}
          {...rest}
          type="number"
          step={step}
          value={value}
          onInput={(event) => {
            onValue(event.currentTarget.value)
          }}
        />
      )}
    </Field>
  )
}

export interface SelectFieldProps<T extends string> extends FieldTexts {
  readonly value: T
  readonly options: readonly (readonly [value: T, label: string])[]
  readonly onValue: (value: T) => void
}

export function SelectField<T extends string>({ value, options, onValue, ...texts }: SelectFieldProps<T>) {
  return (
    <Field {...texts}>
      {(attributes) => (
        <select
          {...attributes}
          value={value}
          onChange={(event) => {
            // One of the options.
            onValue(event.currentTarget.value as T)
          }}
        >
          {options.map(([one, label]) => (
            <option key={one} value={one}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** A field that filters what is below it. */
export function SearchField(props: {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onValue: (value: string) => void
}) {
  return (
    <input
      type="search"
      aria-label={props.label}
      placeholder={props.placeholder}
      value={props.value}
      onInput={(event) => {
        props.onValue(event.currentTarget.value)
      }}
    />
  )
}

export function CheckBox(props: {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => {
          props.onChange(event.currentTarget.checked)
        }}
      />
      {props.label}
    </label>
  )
}

/** A button that opens a file of the person. */
export function OpenFile(props: {
  readonly label: string
  /** `.jsonl,application/jsonl` */
  readonly accept: string
  readonly look: 'plain' | 'quiet'
  readonly onFile: (file: File) => void
}) {
  return (
    <label class={`button ${props.look}`}>
      {props.label}
      <input
        class="hidden"
        type="file"
        accept={props.accept}
        onChange={(event) => {
          const input = event.currentTarget
          const file = input.files?.[0]
          if (file !== undefined) props.onFile(file)
          // So that the same file can be opened again.
          input.value = ''
        }}
      />
    </label>
  )
}
