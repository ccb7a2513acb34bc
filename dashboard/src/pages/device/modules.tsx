/** The modules of a device, and messages to their inputs. */

import { useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Problem } from '../../parts/basics.tsx'
import { SelectField, TextField } from '../../parts/fields.tsx'
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
    [device],
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
          <TextField
            label="New module"
            required
            placeholder="module id"
            problem={failed === undefined ? undefined : messageOf(failed)}
            value={name}
            onValue={setName}
          />
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
            {modules.map((module) => (
              <ModuleLine key={module.moduleId} module={module} onChange={changed} />
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

function ModuleLine({
  module: { deviceId, moduleId = '', connectionState, status },
  onChange,
}: {
  readonly module: IdentityDocument
  readonly onChange: () => void
}) {
  const { busy, failed, run } = useCall()
  const path = pathOf(deviceId, moduleId)
  const change = (method: string, body?: unknown): void => {
    run(async () => {
      await call(method, path, body)
      onChange()
    })
  }
  return (
    <li>
      <strong class="mono cut">{moduleId}</strong>
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      <Badge tone={connectionState === 'Connected' ? 'good' : 'plain'}>
        {connectionState === 'Connected' ? 'connected' : 'not connected'}
      </Badge>
      {status === 'disabled' ? <Badge tone="warn">disabled</Badge> : null}
      <Button
        look="quiet"
        disabled={busy}
        aria-label={`${status === 'enabled' ? 'Disable' : 'Enable'} module ${moduleId}`}
        onClick={() => {
          change('PATCH', { status: status === 'enabled' ? 'disabled' : 'enabled' })
        }}
      >
        {status === 'enabled' ? 'Disable' : 'Enable'}
      </Button>
      <Button
        icon="trash"
        look="quiet"
        disabled={busy}
        aria-label={`Delete module ${moduleId}`}
        onClick={() => {
          change('DELETE')
        }}
      />
    </li>
  )
}

function InputForm({
  deviceId,
  modules,
}: {
  readonly deviceId: string
  readonly modules: readonly string[]
}) {
  const [picked, setPicked] = useState('')
  // The one that was picked may be deleted.
  const moduleId = modules.includes(picked) ? picked : (modules[0] ?? '')
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
          <SelectField
            label="Module"
            options={modules.map((id) => [id, id] as const)}
            value={moduleId}
            onValue={setPicked}
          />
          <TextField label="Input" required value={input} onValue={setInput} />
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
