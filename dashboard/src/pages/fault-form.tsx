/** The form of one fault type, made of its parameters. */

import { useState } from 'preact/hooks'
import { Button, Problem } from '../parts/basics.tsx'
import { CheckBox, NumberField, SelectField, TextField } from '../parts/fields.tsx'
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
        <ParameterField
          key={name}
          name={name}
          parameter={parameter}
          problem={problem(`parameters.${name}`)}
          text={texts[name] ?? ''}
          onText={(text) => {
            setTexts({ ...texts, [name]: text })
          }}
        />
      ))}
      {type.scope === 'everyone' ? (
        <p class="faint">It affects every client: the hub does not know who connects yet.</p>
      ) : (
        <TextField
          label="Only this identity"
          hint="device, or device/module; empty: everyone"
          problem={problem('scope.identity')}
          value={identity}
          onValue={setIdentity}
        />
      )}
      <div class="row start">
        <NumberField
          label="Skip first"
          hint={`counted by ${type.trigger}`}
          problem={problem('trigger.skip')}
          min={0}
          value={skip}
          onValue={setSkip}
        />
        <NumberField
          label="Times"
          hint="how often it fires"
          problem={problem('count')}
          min={1}
          disabled={always}
          value={count}
          onValue={setCount}
        />
        <NumberField
          label="For seconds"
          hint="empty: no limit"
          problem={problem('durationSeconds')}
          min={0}
          step="any"
          value={seconds}
          onValue={setSeconds}
        />
      </div>
      <CheckBox label="Always, until it is disarmed" checked={always} onChange={setAlways} />
      <Problem text={elsewhere ? messageOf(failed) : undefined} />
      <div class="row end">
        <Button type="submit" look="main" icon="faults" disabled={busy}>
          Arm
        </Button>
      </div>
    </form>
  )
}

interface ParameterProps {
  readonly name: string
  readonly parameter: FaultParameter
  readonly problem: string | undefined
  readonly text: string
  readonly onText: (text: string) => void
}

function ParameterField({ name, parameter, problem, text, onText }: ParameterProps) {
  const { type, oneOf, minimum, maximum, required = false, default: otherwise } = parameter
  const field = { label: name, hint: hintOf(parameter), problem, value: text, onValue: onText }
  const choices = oneOf ?? (type === 'boolean' ? ['true', 'false'] : undefined)
  if (choices !== undefined) {
    const unset = otherwise === undefined ? 'not set' : `default: ${wordOf(otherwise)}`
    return <SelectField {...field} options={[['', unset], ...choices.map((one) => [one, one] as const)]} />
  }
  const common = { ...field, required, placeholder: otherwise === undefined ? '' : JSON.stringify(otherwise) }
  return type === 'integer' || type === 'number' ? (
    <NumberField {...common} min={minimum} max={maximum} step={type === 'integer' ? 1 : 'any'} />
  ) : (
    <TextField {...common} />
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
    case 'json': {
      const value = jsonOf(text) // null is a value
      return value === undefined ? text : value
    }
    case 'string':
      return text
  }
}
