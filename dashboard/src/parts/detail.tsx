/** Everything about one entry of the journal. */

import { lineOf, messageIn } from '../lib/entry.ts'
import { dateText } from '../lib/text.ts'
import { hrefOf } from '../lib/route.ts'
import type { Bytes, Entry, Explanation, Json } from '../lib/types.ts'
import { Badge, Copy } from './basics.tsx'
import { Body, Message, Pairs } from './body.tsx'

/** Where the pages of the contract can be read. */
const PAGES = 'https://github.com/mock-iot-hub/mock-iot-hub/blob/main/'

export function EntryDetail({ entry }: { readonly entry: Entry }) {
  const line = lineOf(entry)
  const message = messageIn(entry)
  const explanation = entry['explanation'] as Explanation | undefined
  return (
    <div class="detail">
      <div class="row between">
        <h2>
          <Badge tone={line.tone}>{line.label}</Badge>
        </h2>
        <Copy text={() => Promise.resolve(JSON.stringify(entry, undefined, 2))} label="the entry" />
      </div>
      <p class="faint">
        {dateText(entry.time)} · {entry.identity ?? 'no identity yet'} · no. {entry.seq}
        {typeof entry.linkId === 'string' ? (
          <>
            {' · '}
            <a href={hrefOf('wire', entry.linkId)}>link {entry.linkId}</a>
          </>
        ) : null}
      </p>
      {explanation === undefined ? null : <Explained explanation={explanation} />}
      {message === undefined ? <Fields entry={entry} /> : <Message message={message} />}
    </div>
  )
}

export function Explained({ explanation }: { readonly explanation: Explanation }) {
  const { expected, received, rule, source } = explanation
  return (
    <dl class="explained">
      <div>
        <dt>Expected</dt>
        <dd>{expected}</dd>
      </div>
      <div>
        <dt>Received</dt>
        <dd>{received}</dd>
      </div>
      <div>
        <dt>Rule</dt>
        <dd>
          <code>{rule}</code>{' '}
          <a href={PAGES + source} target="_blank" rel="noopener noreferrer">
            {source}
          </a>
        </dd>
      </div>
    </dl>
  )
}

const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set([
  'seq',
  'time',
  'type',
  'identity',
  'linkId',
  'explanation',
])

function Fields({ entry }: { readonly entry: Entry }) {
  const fields = Object.entries(entry).filter(([name, value]) => !SHOWN_ELSEWHERE.has(name) && value !== null)
  const plain = fields.filter(([, value]) => typeof value !== 'object')
  const deep = fields.filter(([, value]) => typeof value === 'object')
  return (
    <>
      {plain.length === 0 ? null : <Pairs title="Fields" pairs={plain} />}
      {deep.map(([name, value]) => (
        <div key={name}>
          <h3>{name}</h3>
          <Body body={readable(value as Json)} />
        </div>
      ))}
    </>
  )
}

function readable(value: Json): Bytes {
  return JSON.stringify(value, undefined, 2)
}
