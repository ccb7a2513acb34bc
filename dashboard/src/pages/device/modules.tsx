/** The modules of a device, and messages to their inputs. */

import { useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Field, Problem } from '../../parts/basics.tsx'
import { JsonField, propertiesOf, PropertyFields, useCall, type PropertyRows } from '../../parts/forms.tsx'
import { call, messageOf, pathOf } from '../../lib/api.ts'
import type { IdentityDocument } from '../../lib/types.ts'
import { useAsked } from '../../lib/use-journal.ts'

export function ModulesTab({
  device,
  onChange,
}: {
  readonly device: IdentityDocument
  readonly onChange: () => void
}) {
  const path = `${pathOf(device.deviceId)}/modules`
  const { value: modules = [], again } = useAsked(
    () => call<readonly IdentityDocument[]>('GET', `${path}?keys=hidden`),
    [path, device],
  )
  const [name, setName] = useState('')
  const { busy, failed, run } = useCall()
  const changed = (): void => {
    again()
    onChange()
  }
  const create = (event: Event): void => {
    event.preventDefault()
    run(async () => {
      await call('POST', path, { moduleId: name })
      setName('')
      changed()
    })
  }
  return (
    <div class="columns">
      <Card title="Modules">
        <form class="row" onSubmit={create}>
          <Field label="New module" problem={failed === undefined ? undefined : messageOf(failed)}>
            {(attributes) => (
              <input
                {...attributes}
                class="mono"
                required
                placeholder="module id"
                value={name}
                onInput={(event) => {
                  setName(event.currentTarget.value)
                }}
              />
            )}
          </Field>
          <Button type="submit" icon="plus" disabled={busy}>
            Create
          </Button>
        </form>
        {modules.length === 0 ? (
          <Empty icon="devices" title="No modules">
            Modules have twins, methods, and inputs of their own.
          </Empty>
        ) : (
          <ul class="sent">
            {modules.map(({ moduleId = '', connectionState, status }) => (
              <li key={moduleId}>
                <strong class="mono cut">{moduleId}</strong>
                <Badge tone={connectionState === 'Connected' ? 'good' : 'plain'}>
                  {connectionState === 'Connected' ? 'connected' : 'not connected'}
                </Badge>
                {status === 'disabled' ? <Badge tone="warn">disabled</Badge> : null}
                <Button
                  icon="trash"
                  look="quiet"
                  aria-label={`Delete module ${moduleId}`}
                  onClick={() => {
                    run(async () => {
                      await call('DELETE', pathOf(device.deviceId, moduleId))
                      changed()
                    })
                  }}
                />
              </li>
            ))}
          </ul>
        )}
      </Card>
      {modules.length === 0 ? null : (
        <InputForm deviceId={device.deviceId} modules={modules.map(({ moduleId = '' }) => moduleId)} />
      )}
    </div>
  )
}

function InputForm({
  deviceId,
  modules,
}: {
  readonly deviceId: string
  readonly modules: readonly string[]
}) {
  const [moduleId, setModuleId] = useState(modules[0] ?? '')
  const [input, setInput] = useState('input1')
  const [text, setText] = useState('{"temperature": 21}')
  const [rows, setRows] = useState<PropertyRows>([])
  const [done, setDone] = useState('')
  const { busy, failed, run } = useCall()
  const send = (event: Event): void => {
    event.preventDefault()
    setDone('')
    run(async () => {
      await call('POST', `${pathOf(deviceId, moduleId)}/inputs/${encodeURIComponent(input)}`, {
        body: text,
        properties: propertiesOf(rows),
      })
      setDone(`Sent to ${moduleId}, ${input}.`)
    })
  }
  return (
    <Card title="Send to an input">
      <form onSubmit={send}>
        <div class="row">
          <Field label="Module">
            {(attributes) => (
              <select
                {...attributes}
                value={moduleId}
                onChange={(event) => {
                  setModuleId(event.currentTarget.value)
                }}
              >
                {modules.map((id) => (
                  <option key={id}>{id}</option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Input">
            {(attributes) => (
              <input
                {...attributes}
                class="mono"
                required
                value={input}
                onInput={(event) => {
                  setInput(event.currentTarget.value)
                }}
              />
            )}
          </Field>
        </div>
        <JsonField label="Body" text={text} onText={setText} rows={4} anyText />
        <PropertyFields rows={rows} onRows={setRows} />
        <Problem text={failed === undefined ? undefined : messageOf(failed)} />
        <div class="row end">
          <span role="status">{done}</span>
          <Button type="submit" look="main" icon="send" disabled={busy}>
            Send
          </Button>
        </div>
      </form>
    </Card>
  )
}
