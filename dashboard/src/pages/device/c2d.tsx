/** Cloud-to-device messages: send one, and see what becomes of it. */

import { useState } from 'preact/hooks'
import { Badge, Button, Card, Choice, Empty, Problem } from '../../parts/basics.tsx'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { JsonField, propertiesOf, PropertyFields, useCall, type PropertyRows } from '../../parts/forms.tsx'
import { call, messageOf, pathOf } from '../../lib/api.ts'
import { brief, clockText, jsonOf } from '../../lib/text.ts'
import type { Entry, IdentityDocument, WaitingMessage } from '../../lib/types.ts'
import { useAsked } from '../../lib/use-journal.ts'
import { fateOf, WAITING, type Sent } from '../../lib/c2d-fate.ts'
import { status } from '../../lib/hub.ts'
import { useValue } from '../../lib/value.ts'

const ACKS = [
  ['none', 'none'],
  ['positive', 'when it is completed'],
  ['negative', 'when it is not'],
  ['full', 'always'],
] as const
type Ack = (typeof ACKS)[number][0]

const NOTHING_ASKED = { known: 0, waiting: [] as readonly WaitingMessage[] }

function isSettlement({ operation }: Entry): boolean {
  return operation === 'c2dSettle'
}

export function C2dTab({
  device,
  entries,
}: {
  readonly device: IdentityDocument
  readonly entries: readonly Entry[]
}) {
  const [text, setText] = useState('{"hello": "device"}')
  const [kind, setKind] = useState<'json' | 'text'>('json')
  const [messageId, setMessageId] = useState('')
  const [ack, setAck] = useState<Ack>('none')
  const [rows, setRows] = useState<PropertyRows>([])
  const [sent, setSent] = useState<readonly Sent[]>([])
  const { busy, failed, run } = useCall()
  const path = `${pathOf(device.deviceId)}/messages`
  const seq = useValue(status)?.journal.seq
  const { value: asked = NOTHING_ASKED, again } = useAsked(
    async () => ({ known: sent.length, waiting: await call<readonly WaitingMessage[]>('GET', path) }),
    [entries.findLast(isSettlement)?.seq, sent.length, seq],
  )
  const { waiting } = asked
  const send = (event: Event): void => {
    event.preventDefault()
    run(async () => {
      const system = {
        ...(messageId === '' ? {} : { messageId }),
        ...(ack === 'none' ? {} : { ack }),
        ...(kind === 'json' ? { contentType: 'application/json', contentEncoding: 'utf-8' } : {}),
      }
      const after = entries.at(-1)?.seq ?? 0
      const answer = await call<{ sequenceNumber: number }>('POST', path, {
        body: text,
        properties: propertiesOf(rows),
        system,
      })
      setSent((before) => [{ sequenceNumber: answer.sequenceNumber, body: text, after }, ...before])
    })
  }
  const unsent = waiting.filter(
    ({ sequenceNumber }) => !sent.some((one) => one.sequenceNumber === sequenceNumber),
  )
  const all: readonly Sent[] = [
    ...sent,
    ...unsent.map(({ sequenceNumber, body }) => ({
      sequenceNumber,
      body: typeof body === 'string' ? body : '(bytes)',
      after: entries.at(-1)?.seq ?? 0,
    })),
  ]
  return (
    <div class="columns">
      <Card title="Send a message to the device">
        <form onSubmit={send}>
          <Choice
            label="Kind of body"
            options={[
              ['json', 'JSON'],
              ['text', 'Text'],
            ]}
            at={kind}
            onPick={setKind}
          />
          <JsonField label="Body" text={text} onText={setText} rows={5} anyText={kind === 'text'} />
          <PropertyFields rows={rows} onRows={setRows} />
          <div class="row">
            <TextField label="Message id" value={messageId} onValue={setMessageId} />
            <SelectField label="Feedback" options={ACKS} value={ack} onValue={setAck} />
          </div>
          <Problem text={failed === undefined ? undefined : messageOf(failed)} />
          <div class="row end">
            <Button
              type="submit"
              look="main"
              icon="send"
              disabled={busy || (kind === 'json' && jsonOf(text) === undefined)}
            >
              Send
            </Button>
          </div>
        </form>
      </Card>
      <Card
        title="Messages"
        actions={
          <Button
            icon="trash"
            look="quiet"
            disabled={waiting.length === 0}
            onClick={() => {
              run(async () => {
                await call('DELETE', path)
                again()
              })
            }}
          >
            Delete what waits
          </Button>
        }
      >
        {all.length === 0 ? (
          <Empty icon="send" title="No message waits">
            A device gets what is sent after it has subscribed; you see each message delivered and settled.
          </Empty>
        ) : (
          <ul class="sent" aria-live="polite">
            {all.map((one, at) => {
              // The queue was read before the newest were sent.
              const isNew = at < sent.length - asked.known
              const fate = isNew ? WAITING : fateOf(one, entries, waiting)
              return (
                <li key={one.sequenceNumber}>
                  <span class="faint">{one.sequenceNumber}</span>
                  <span class="cut mono">{brief(one.body, 80)}</span>
                  {fate.at === undefined ? null : <span class="mono faint">{clockText(fate.at)}</span>}
                  <Badge tone={fate.tone}>{fate.word}</Badge>
                </li>
              )
            })}
          </ul>
        )}
      </Card>
    </div>
  )
}
