/** The clock of the hub: stop it, wind it, and see what falls due. */

import { useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Problem } from '../parts/basics.tsx'
import { TextField } from '../parts/fields.tsx'
import { useCall } from '../parts/forms.tsx'
import { call, messageOf } from '../lib/api.ts'
import { refresh, status } from '../lib/hub.ts'
import { hrefOf } from '../lib/route.ts'
import { clockText, dateText, spanText } from '../lib/text.ts'
import type { DueItem, Status } from '../lib/types.ts'
import { useAsked } from '../lib/use-journal.ts'
import { useValue } from '../lib/value.ts'

export function ClockPage() {
  const now = useValue(status)
  const {
    value: due = [],
    failed,
    again,
  } = useAsked(() => call<readonly DueItem[]>('GET', '/clock/due?limit=200'), [now?.clock.now])
  return (
    <>
      <h1>Clock</h1>
      {now === undefined ? null : <Face now={now} onMoved={again} />}
      <Card title="What falls due next" actions={<span class="faint">on the clock of the hub</span>}>
        <Problem text={failed === undefined ? undefined : messageOf(failed)} />
        {due.length === 0 ? (
          <Empty icon="clock" title="Nothing waits for the time">
            Tokens that expire, messages, method calls and faults with a duration appear here.
          </Empty>
        ) : (
          <DueTable due={due} />
        )}
      </Card>
    </>
  )
}

function Face({ now, onMoved }: { readonly now: Status; readonly onMoved: () => void }) {
  const { frozen = false, offsetSeconds = 0, now: time } = now.clock
  const [by, setBy] = useState('10m')
  const [offset, setOffset] = useState('-1h')
  const { busy, failed, run } = useCall()
  const move = (path: string, body?: unknown): void => {
    run(async () => {
      await call('POST', path, body)
      await refresh()
      onMoved()
    })
  }
  const toExpiry = (): void => {
    run(async () => {
      const [next] = await call<readonly DueItem[]>('GET', '/clock/due?limit=1&kind=token-expiry')
      if (next === undefined) throw new Error('No connection lives by a token: nothing expires.')
      await call('POST', '/clock/advance', { by: next.inSeconds })
      await refresh()
      onMoved()
    })
  }
  return (
    <div class="columns">
      <Card title="Time of the hub">
        <p class="clock-face mono" role="timer" aria-label="Time of the hub">
          <span class="faint">{dateText(time).slice(0, 10)}</span> {clockText(time).slice(0, 8)}{' '}
          <span class="faint">UTC</span>
        </p>
        <div class="row">
          <Badge tone={frozen ? 'info' : 'good'}>{frozen ? 'frozen' : 'running'}</Badge>
          <Badge tone={Math.abs(offsetSeconds) < 1 ? 'plain' : 'warn'}>
            {Math.abs(offsetSeconds) < 1
              ? 'as the system clock'
              : `${spanText(offsetSeconds)} ${offsetSeconds > 0 ? 'ahead of' : 'behind'} the system clock`}
          </Badge>
        </div>
        <div class="row">
          {frozen ? (
            <Button
              icon="play"
              look="main"
              disabled={busy}
              onClick={() => {
                move('/clock/resume')
              }}
            >
              Resume
            </Button>
          ) : (
            <Button
              icon="pause"
              look="main"
              disabled={busy}
              onClick={() => {
                move('/clock/freeze')
              }}
            >
              Freeze
            </Button>
          )}
          <Button
            disabled={busy || Math.abs(offsetSeconds) < 1}
            onClick={() => {
              move('/clock/offset', { by: 0 })
            }}
          >
            Back to the system clock
          </Button>
        </div>
        <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      </Card>
      <Card title="Move time">
        <p>Everything that falls due on the way happens in order, in an instant.</p>
        <div class="row">
          {['1m', '1h', '1d'].map((span) => (
            <Button
              key={span}
              disabled={busy}
              onClick={() => {
                move('/clock/advance', { by: span })
              }}
            >
              +{span}
            </Button>
          ))}
          <Button icon="key" disabled={busy} onClick={toExpiry}>
            Until the next token expires
          </Button>
        </div>
        <form
          class="row bottom"
          onSubmit={(event) => {
            event.preventDefault()
            move('/clock/advance', { by })
          }}
        >
          <TextField label="Advance by" hint="1h30m, 90s, 2d" required value={by} onValue={setBy} />
          <Button type="submit" disabled={busy}>
            Advance
          </Button>
        </form>
        <form
          class="row bottom"
          onSubmit={(event) => {
            event.preventDefault()
            move('/clock/offset', { by: offset })
          }}
        >
          <TextField
            label="Set ahead or behind"
            hint="-1h: an hour behind the system clock"
            required
            value={offset}
            onValue={setOffset}
          />
          <Button type="submit" disabled={busy}>
            Set
          </Button>
        </form>
      </Card>
    </div>
  )
}

const WORDS: Readonly<Record<string, string>> = {
  'token-expiry': 'its token expires, and its connection is closed',
  'c2d-expiry': 'a message to it expires',
  'c2d-lock': 'the lock of a message to it ends',
  'method-timeout': 'a method call times out',
  fault: 'a fault ends, or what it delays happens',
  silence: 'a connection that stays silent is closed',
  feedback: 'feedback is sent to back ends',
  job: 'a job goes on',
}

function DueTable({ due }: { readonly due: readonly DueItem[] }) {
  return (
    <table class="due">
      <thead>
        <tr>
          <th scope="col">In</th>
          <th scope="col">At</th>
          <th scope="col">Of</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {due.slice(0, 50).map(({ at, inSeconds, kind, identity }, index) => (
          <tr key={index}>
            <td>{spanText(inSeconds)}</td>
            <td class="mono faint">{dateText(at)}</td>
            <td>
              {identity === null ? (
                ''
              ) : (
                <a href={hrefOf('devices', identity.split('/')[0] ?? '')}>{identity}</a>
              )}
            </td>
            <td>{WORDS[kind] ?? kind}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
