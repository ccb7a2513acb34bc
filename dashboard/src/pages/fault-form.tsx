/** The form of one fault type, made of its parameters. */

import { useState } from 'preact/hooks'
import { Button, Field, Problem } from '../parts/basics.tsx'
import { useCall } from '../parts/forms.tsx'
import { ApiError, call, messageOf } from '../lib/api.ts'
import { jsonOf, wordOf } from '../lib/text.ts'
import type { FaultParameter, FaultType, Json } from '../lib/types.ts'

type Texts = Readonly<Record<string, string>>

export function FaultForm({ type, onArmed }: { readonly type: FaultType; readonly onArmed: () => void }) {
  const [identity, setIdentity] = useState('')
  const [skip, setSkip] = useState('0')
  const [count, setCount] = useState('1')
  const [always, setAlways] = useState(false)
  const [seconds, setSeconds] = useState('')
  const [texts, setTexts] = useState<Texts>({})
  const { busy, failed, run } = useCall()
  const given = Object.entries(type.parameters).flatMap(([name, parameter]) => {
    const text = texts[name] ?? ''
    return text === '' ? [] : [[name, valueOf(parameter, text)] as const]
  })
  const arm = (event: Event): void => {
    event.preventDefault()
    run(async () => {
      await call('POST', '/faults', {
        name: type.name,
        ...(identity === '' ? {} : { scope: { identity } }),
        ...(skip === '0' ? {} : { trigger: { skip: Number(skip) } }),
        count: always ? 'always' : Number(count),
        ...(seconds === '' ? {} : { durationSeconds: Number(seconds) }),
        ...(given.length === 0 ? {} : { parameters: Object.fromEntries(given) }),
      })
      onArmed()
    })
  }
  const problem = (field: string): string | undefined =>
    failed instanceof ApiError && failed.field === field
      ? `expected ${failed.rule ?? ''}; given: ${failed.given ?? ''}`
      : undefined
  const elsewhere =
    failed !== undefined &&
    !(failed instanceof ApiError && failed.field !== undefined && failed.field !== 'name')
  return (
    <form class="fault-form" onSubmit={arm}>
      <h3 class="mono">{type.name}</h3>
      <p>{type.explain}</p>
      {Object.entries(type.parameters).map(([name, parameter]) => (
        <Field key={name} label={name} hint={hintOf(parameter)} problem={problem(`parameters.${name}`)}>
          {(attributes) => (
            <ParameterInput
              attributes={attributes}
              parameter={parameter}
              text={texts[name] ?? ''}
              onText={(text) => {
                setTexts({ ...texts, [name]: text })
              }}
            />
          )}
        </Field>
      ))}
      {type.scope === 'everyone' ? (
        <p class="faint">It affects every client: the hub does not know who connects yet.</p>
      ) : (
        <Field
          label="Only this identity"
          hint="device, or device/module; empty: everyone"
          problem={problem('scope.identity')}
        >
          {(attributes) => (
            <input
              {...attributes}
              class="mono"
              value={identity}
              onInput={(event) => {
                setIdentity(event.currentTarget.value)
              }}
            />
          )}
        </Field>
      )}
      <div class="row start">
        <Field label="Skip first" hint={`counted by ${type.trigger}`} problem={problem('trigger.skip')}>
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={0}
              value={skip}
              onInput={(event) => {
                setSkip(event.currentTarget.value)
              }}
            />
          )}
        </Field>
        <Field label="Times" hint="how often it fires" problem={problem('count')}>
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={1}
              disabled={always}
              value={count}
              onInput={(event) => {
                setCount(event.currentTarget.value)
              }}
            />
          )}
        </Field>
        <Field label="For seconds" hint="empty: no limit" problem={problem('durationSeconds')}>
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={0}
              step="any"
              value={seconds}
              onInput={(event) => {
                setSeconds(event.currentTarget.value)
              }}
            />
          )}
        </Field>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={always}
          onChange={(event) => {
            setAlways(event.currentTarget.checked)
          }}
        />
        Always, until it is disarmed
      </label>
      <Problem text={elsewhere ? messageOf(failed) : undefined} />
      <div class="row end">
        <Button type="submit" look="main" icon="faults" disabled={busy}>
          Arm
        </Button>
      </div>
    </form>
  )
}

interface InputProps {
  readonly attributes: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }
  readonly parameter: FaultParameter
  readonly text: string
  readonly onText: (text: string) => void
}

function ParameterInput({ attributes, parameter, text, onText }: InputProps) {
  const { type, oneOf, minimum, maximum, required = false, default: otherwise } = parameter
  const choices = oneOf ?? (type === 'boolean' ? ['true', 'false'] : undefined)
  if (choices !== undefined)
    return (
      <select
        {...attributes}
        value={text}
        onChange={(event) => {
          onText(event.currentTarget.value)
        }}
      >
        <option value="">{otherwise === undefined ? 'not set' : `default: ${wordOf(otherwise)}`}</option>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    )
  const common = {
    ...attributes,
    required,
    value: text,
    placeholder: otherwise === undefined ? '' : JSON.stringify(otherwise),
  }
  if (type === 'integer' || type === 'number')
    return (
      <input
        {...common}
        type="number"
        min={minimum}
        max={maximum}
        step={type === 'integer' ? 1 : 'any'}
        onInput={(event) => {
          onText(event.currentTarget.value)
        }}
      />
    )
  return (
    <input
      {...common}
      class="mono"
      onInput={(event) => {
        onText(event.currentTarget.value)
      }}
    />
  )
}

function hintOf({ description, minimum, maximum }: FaultParameter): string {
  const range =
    minimum !== undefined && maximum !== undefined
      ? `, ${String(minimum)} to ${String(maximum)}`
      : minimum !== undefined
        ? `, at least ${String(minimum)}`
        : ''
  return `${description}${range}`
}

function valueOf({ type }: FaultParameter, text: string): Json {
  switch (type) {
    case 'integer':
    case 'number':
      return Number(text)
    case 'boolean':
      return text === 'true'
    case 'json':
      return jsonOf(text) ?? text
    case 'string':
      return text
  }
}
