/** The body of a message as JSON, text or hex, and its properties. */

import { useState } from 'preact/hooks'
import type { MessageView } from '../lib/entry.ts'
import { bytesOf, shown, viewsOf, type View } from '../lib/text.ts'
import type { Bytes } from '../lib/types.ts'
import { Choice, Copy } from './basics.tsx'

const NAMES: Readonly<Record<View, string>> = { json: 'JSON', text: 'Text', hex: 'Hex' }

export function Body({ body }: { readonly body: Bytes }) {
  const views = viewsOf(body)
  const [picked, setPicked] = useState<View | undefined>(undefined)
  const at = picked !== undefined && views.includes(picked) ? picked : (views[0] ?? 'hex')
  const text = shown(body, at)
  return (
    <div class="body">
      <div class="row between">
        <Choice
          label="View of the body"
          options={views.map((view) => [view, NAMES[view]] as const)}
          at={at}
          onPick={setPicked}
        />
        <span class="row">
          <span class="faint">{bytesOf(body).length} bytes</span>
          <Copy text={text} label="the body" />
        </span>
      </div>
      <pre tabIndex={0} aria-label="Body">
        {text}
      </pre>
    </div>
  )
}

export function Message({ message }: { readonly message: MessageView }) {
  const properties = Object.entries(message.properties)
  const system = Object.entries(message.system)
  return (
    <>
      <Body body={message.body} />
      {properties.length === 0 ? null : <Pairs title="Properties" pairs={properties} />}
      {system.length === 0 ? null : <Pairs title="System properties" pairs={system} />}
    </>
  )
}

export function Pairs({
  title,
  pairs,
}: {
  readonly title: string
  readonly pairs: readonly (readonly [string, unknown])[]
}) {
  return (
    <div class="pairs">
      <h3>{title}</h3>
      <dl>
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value === null ? '(no value)' : typeof value === 'string' ? value : JSON.stringify(value)}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
