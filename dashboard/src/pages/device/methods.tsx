/** Direct methods: a call, the time that it has left, and its answer. */

import { useEffect, useState } from 'preact/hooks'
import { Badge, Button, Card, Empty } from '../../parts/basics.tsx'
import { NumberField, TextField } from '../../parts/fields.tsx'
import { JsonField } from '../../parts/forms.tsx'
import { Body } from '../../parts/body.tsx'
import { ApiError, call, messageOf, pathOf } from '../../lib/api.ts'
import { every, now } from '../../lib/clock.ts'
import { status } from '../../lib/hub.ts'
import { jsonOf } from '../../lib/text.ts'
import type { Entry, IdentityDocument, Json } from '../../lib/types.ts'
import { useValue } from '../../lib/value.ts'
import { Target } from './target.tsx'

interface Call {
  readonly id: number
  readonly to: string
  readonly name: string
  readonly startedAt: number
  readonly seconds: number
  readonly outcome?: { readonly status: number; readonly payload: Json } | { readonly failed: unknown }
}

export function MethodsTab({
  device,
  entries,
}: {
  readonly device: IdentityDocument
  readonly entries: readonly Entry[]
}) {
  const [moduleId, setModuleId] = useState<string | undefined>(undefined)
  const [name, setName] = useState('')
  const [payload, setPayload] = useState('{}')
  const [response, setResponse] = useState('30')
  const [connect, setConnect] = useState('0')
  const [calls, setCalls] = useState<readonly Call[]>([])
  const known = [
    ...new Set(
      entries.flatMap(({ type, channel, what }) =>
        type === 'delivery' && channel === 'methods' ? [(what as { methodName: string }).methodName] : [],
      ),
    ),
  ]
  const invoke = (event: Event): void => {
    event.preventDefault()
    const id = (calls[0]?.id ?? 0) + 1
    const one: Call = {
      id,
      to: moduleId ?? device.deviceId,
      name,
      startedAt: now(),
      seconds: Number(response) + Number(connect),
    }
    setCalls([one, ...calls])
    const end = (outcome: Call['outcome'] & object): void => {
      setCalls((list) => list.map((each) => (each.id === id ? { ...each, outcome } : each)))
    }
    const body = {
      ...(payload.trim() === '' ? {} : { payload: jsonOf(payload) }),
      responseTimeoutInSeconds: Number(response),
      connectTimeoutInSeconds: Number(connect),
    }
    call<{ status: number; payload: Json }>(
      'POST',
      `${pathOf(device.deviceId, moduleId)}/methods/${encodeURIComponent(name)}`,
      body,
    ).then(end, (failed: unknown) => {
      end({ failed })
    })
  }
  return (
    <div class="columns">
      <Card title="Call a method">
        <form onSubmit={invoke}>
          <Target device={device} moduleId={moduleId} onPick={setModuleId} />
          <TextField
            label="Method"
            hint={known.length === 0 ? undefined : `Called before: ${known.join(', ')}`}
            required
            value={name}
            onValue={setName}
          />
          <JsonField
            label="Payload"
            hint="JSON; empty: no payload"
            text={payload}
            onText={setPayload}
            rows={5}
          />
          <div class="row">
            <NumberField
              label="Response time-out, seconds"
              value={response}
              min={5}
              max={300}
              required
              onValue={setResponse}
            />
            <NumberField
              label="Connect time-out, seconds"
              value={connect}
              min={0}
              max={300}
              required
              onValue={setConnect}
            />
          </div>
          <div class="row end">
            <Button
              type="submit"
              look="main"
              icon="send"
              disabled={payload.trim() !== '' && jsonOf(payload) === undefined}
            >
              Call
            </Button>
          </div>
        </form>
      </Card>
      <Card title="Calls">
        {calls.length === 0 ? (
          <Empty icon="send" title="No call yet">
            The answer of the device appears here, or the time that it has left.
          </Empty>
        ) : (
          <ol class="calls" aria-live="polite">
            {calls.map((one) => (
              <li key={one.id}>
                <CallView call={one} />
              </li>
            ))}
          </ol>
        )}
      </Card>
    </div>
  )
}

function CallView({ call: { name, to, outcome, startedAt, seconds } }: { readonly call: Call }) {
  return (
    <>
      <div class="row between">
        <strong class="mono">
          {name} <span class="faint">at {to}</span>
        </strong>
        {outcome === undefined ? (
          <CountDown startedAt={startedAt} seconds={seconds} />
        ) : 'failed' in outcome ? (
          <Badge tone="bad">
            {outcome.failed instanceof ApiError ? (outcome.failed.kind ?? 'failed') : 'failed'}
          </Badge>
        ) : (
          <Badge tone={outcome.status < 300 ? 'good' : 'warn'}>status {outcome.status}</Badge>
        )}
      </div>
      {outcome === undefined ? null : 'failed' in outcome ? (
        <p>{messageOf(outcome.failed)}</p>
      ) : (
        <Body body={JSON.stringify(outcome.payload)} />
      )}
    </>
  )
}

function CountDown({ startedAt, seconds }: { readonly startedAt: number; readonly seconds: number }) {
  const frozen = useValue(status)?.clock.frozen === true
  const [left, setLeft] = useState(seconds)
  useEffect(
    () =>
      every(250, () => {
        setLeft(Math.max(0, seconds - (now() - startedAt) / 1000))
      }),
    [startedAt],
  )
  return (
    <span class="row count-down">
      <progress max={seconds} value={left} aria-label="Time left" />
      <span>{frozen ? 'waits: the clock stands still' : `${left.toFixed(0)} s left`}</span>
    </span>
  )
}
