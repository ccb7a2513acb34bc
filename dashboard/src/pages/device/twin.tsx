/** The twin: desired properties and tags to edit, reported properties to read. */

import { useEffect, useState } from 'preact/hooks'
import { Badge, Button, Card, Choice, Problem } from '../../parts/basics.tsx'
import { JsonField, useCall } from '../../parts/forms.tsx'
import { ApiError, call, messageOf, pathOf } from '../../lib/api.ts'
import { changesBetween, isObject, patchBetween, withoutMetadata, type Change } from '../../lib/diff.ts'
import { brief, jsonOf, wordOf } from '../../lib/text.ts'
import type { Entry, IdentityDocument, JsonObject, TwinDocument } from '../../lib/types.ts'
import { useAsked } from '../../lib/use-journal.ts'
import { Target } from './target.tsx'

export function TwinTab({
  device,
  entries,
}: {
  readonly device: IdentityDocument
  readonly entries: readonly Entry[]
}) {
  const [moduleId, setModuleId] = useState<string | undefined>(undefined)
  const path = `${pathOf(device.deviceId, moduleId)}/twin`
  return (
    <>
      <Target device={device} moduleId={moduleId} onPick={setModuleId} />
      <Twin key={path} path={path} entries={entries} />
    </>
  )
}

function Twin({ path, entries }: { readonly path: string; readonly entries: readonly Entry[] }) {
  const last = entries.findLast(isTwinChange)?.seq
  const { value: twin, failed, again } = useAsked(() => call<TwinDocument>('GET', path), [last])
  if (twin === undefined) return <Problem text={failed === undefined ? undefined : messageOf(failed)} />
  return (
    <>
      <div class="columns">
        <SectionEditor
          title="Desired properties"
          field="desired"
          twin={twin}
          path={path}
          current={withoutMetadata(twin.properties.desired)}
          version={twin.properties.desired['$version'] as number}
          onStale={again}
        />
        <Reported twin={twin} />
      </div>
      <SectionEditor
        title="Tags"
        field="tags"
        twin={twin}
        path={path}
        current={twin.tags}
        version={twin.version}
        onStale={again}
      />
    </>
  )
}

function isTwinChange({ type, operation, channel }: Entry): boolean {
  return (
    (type === 'operation' && operation === 'twinPatch') ||
    (type === 'delivery' && channel === 'desired') ||
    type === 'registry'
  )
}

function Reported({ twin }: { readonly twin: TwinDocument }) {
  const reported = withoutMetadata(twin.properties.reported)
  return (
    <Card
      title="Reported properties"
      actions={<Badge tone="plain">version {wordOf(twin.properties.reported['$version'])}</Badge>}
    >
      {Object.keys(reported).length === 0 ? (
        <p class="faint">The device has reported nothing yet.</p>
      ) : (
        <pre tabIndex={0} aria-label="Reported properties">
          {JSON.stringify(reported, undefined, 2)}
        </pre>
      )}
    </Card>
  )
}

interface SectionProps {
  readonly title: string
  readonly field: 'desired' | 'tags'
  readonly twin: TwinDocument
  readonly path: string
  readonly current: JsonObject
  readonly version: number
  /** The twin is another than the one given. */
  readonly onStale: () => void
}

function SectionEditor({ title, field, twin, path, current, version, onStale }: SectionProps) {
  const written = JSON.stringify(current, undefined, 2)
  const [text, setText] = useState(written)
  const [base, setBase] = useState({ text: written, etag: twin.etag })
  const [how, setHow] = useState<'merge' | 'replace'>('merge')
  const { busy, failed, run } = useCall()
  const [tried, setTried] = useState('')
  const touched = text !== base.text
  const take = (current: string, etag: string): void => {
    setText(current)
    setBase({ text: current, etag })
  }
  useEffect(() => {
    if (touched && written !== base.text) return
    setBase({ text: written, etag: twin.etag })
    setText((before) => (before === base.text ? written : before))
  }, [written, twin.etag])
  const value = jsonOf(text)
  const changes = isObject(value) ? changesBetween(current, value) : []
  const stale = touched && written !== base.text
  const save = (): void => {
    if (!isObject(value)) return
    setTried(text)
    const section = how === 'merge' ? patchBetween(current, value) : value
    const body = field === 'tags' ? { tags: section } : { properties: { desired: section } }
    run(async () => {
      try {
        const saved = await call<TwinDocument>(how === 'merge' ? 'PATCH' : 'PUT', path, body, {
          'if-match': `"${base.etag}"`,
        })
        const kept = field === 'tags' ? saved.tags : withoutMetadata(saved.properties.desired)
        take(JSON.stringify(kept, undefined, 2), saved.etag)
      } finally {
        onStale()
      }
    })
  }
  return (
    <Card title={title} actions={<Badge tone="plain">version {version}</Badge>}>
      <JsonField
        label={`${title} as JSON`}
        text={text}
        onText={setText}
        rows={Math.min(16, Math.max(5, text.split('\n').length))}
        problem={
          value !== undefined && !isObject(value)
            ? 'expected an object'
            : failed === undefined || tried !== text
              ? undefined
              : problemOf(failed)
        }
      />
      {stale ? (
        <p class="note" role="status">
          <Badge tone="warn">changed meanwhile</Badge> Somebody else has changed the twin.{' '}
          <Button
            look="quiet"
            onClick={() => {
              take(written, twin.etag)
            }}
          >
            Take the new one
          </Button>
        </p>
      ) : null}
      <Changes changes={changes} />
      <div class="row end">
        <Choice
          label="How to save"
          options={[
            ['merge', 'Merge'],
            ['replace', 'Replace'],
          ]}
          at={how}
          onPick={setHow}
        />
        <Button
          disabled={!touched}
          onClick={() => {
            take(written, twin.etag)
          }}
        >
          Discard
        </Button>
        <Button look="main" disabled={busy || changes.length === 0} onClick={save}>
          Save
        </Button>
      </div>
    </Card>
  )
}

function problemOf(failed: unknown): string {
  if (failed instanceof ApiError && failed.status === 412)
    return 'The twin was changed meanwhile: take the new one, and change it again.'
  return messageOf(failed)
}

const MARKS = { added: '+', changed: '~', removed: '−' } as const

function Changes({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return null
  return (
    <ul class="changes" aria-label="Changes">
      {changes.map(({ path, kind, before, after }) => (
        <li key={path} class={kind}>
          <span aria-label={kind}>{MARKS[kind]}</span> <code>{path}</code>{' '}
          {kind === 'added'
            ? brief(after, 60)
            : kind === 'removed'
              ? brief(before, 60)
              : `${brief(before, 60)} → ${brief(after, 60)}`}
        </li>
      ))}
    </ul>
  )
}
