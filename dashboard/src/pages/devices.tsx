/** The list of devices: search, the query language, and a form for a new device. */

import { useEffect, useState } from 'preact/hooks'
import { Badge, Button, Choice, Dialog, Empty, Problem } from '../parts/basics.tsx'
import { CheckBox, SearchField, TextArea, TextField } from '../parts/fields.tsx'
import { useCall } from '../parts/forms.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { call, messageOf } from '../lib/api.ts'
import { status } from '../lib/hub.ts'
import { go, hrefOf } from '../lib/route.ts'
import { agoText, counted } from '../lib/text.ts'
import type { IdentityDocument } from '../lib/types.ts'
import { usePages } from '../lib/use-pages.ts'
import { useValue } from '../lib/value.ts'

type Filter = 'all' | 'Connected' | 'Disconnected' | 'disabled'
type Mode = 'text' | 'query'

export function DevicesPage() {
  const [mode, setMode] = useState<Mode>('text')
  const [adding, setAdding] = useState(false)
  return (
    <div class="fill">
      <div class="row between">
        <h1>Devices</h1>
        <Button
          icon="plus"
          look="main"
          onClick={() => {
            setAdding(true)
          }}
        >
          New device
        </Button>
      </div>
      <Choice
        label="How to search"
        options={[
          ['text', 'Search'],
          ['query', 'Query language'],
        ]}
        at={mode}
        onPick={setMode}
      />
      {mode === 'text' ? (
        <ByText
          onAdd={() => {
            setAdding(true)
          }}
        />
      ) : (
        <ByQuery />
      )}
      {adding ? (
        <NewDevice
          onClose={() => {
            setAdding(false)
          }}
        />
      ) : null}
    </div>
  )
}

function ByText({ onAdd }: { readonly onAdd: () => void }) {
  const [text, setText] = useState('')
  const [filter, setFilter] = useState<Filter>('all')
  const [selected, setSelected] = useState<number | undefined>(undefined)
  const now = useValue(status)
  const { total, rows, range, failed } = usePages<IdentityDocument>(
    '/devices',
    {
      keys: 'hidden',
      ...(text === '' ? {} : { contains: text }),
      ...(filter === 'all' ? {} : filter === 'disabled' ? { status: filter } : { connectionState: filter }),
    },
    now?.journal.seq,
  )
  useEffect(() => {
    setSelected(undefined)
  }, [text, filter])
  const open = (index: number): void => {
    const device = rows.get(index)
    if (device !== undefined) go('devices', device.deviceId)
  }
  return (
    <>
      <div class="row filters">
        <SearchField label="Search devices by id" placeholder="Search by id" value={text} onValue={setText} />
        <Choice
          label="Which devices"
          options={[
            ['all', 'All'],
            ['Connected', 'Connected'],
            ['Disconnected', 'Not connected'],
            ['disabled', 'Disabled'],
          ]}
          at={filter}
          onPick={setFilter}
        />
        <span class="faint" role="status">
          {total === undefined ? '' : counted(total, 'device')}
        </span>
      </div>
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      {total === 0 ? (
        <Empty
          icon="devices"
          title={text === '' && filter === 'all' ? 'No devices yet' : 'No device matches'}
        >
          {text === '' && filter === 'all' ? (
            <Button icon="plus" onClick={onAdd}>
              Create the first device
            </Button>
          ) : (
            'Try another text or filter.'
          )}
        </Empty>
      ) : (
        <div class="table card">
          <ListHead />
          <VirtualList
            label="Devices; Enter opens one"
            count={total ?? 0}
            rowHeight={44}
            keyOf={(index) => index}
            selected={selected}
            onSelect={setSelected}
            onOpen={open}
            onRange={range}
            render={(index) => <Row device={rows.get(index)} />}
          />
        </div>
      )}
    </>
  )
}

function ListHead() {
  return (
    <div class="device-row head" aria-hidden="true">
      <span>Device</span>
      <span>Connection</span>
      <span>Status</span>
      <span class="minor">Authentication</span>
      <span class="minor">Modules</span>
      <span class="minor">Waiting</span>
      <span>Last activity</span>
    </div>
  )
}

function Row({ device }: { readonly device: IdentityDocument | undefined }) {
  const clock = useValue(status)?.clock
  if (device === undefined) return <div class="device-row faint">…</div>
  const online = device.connectionState === 'Connected'
  return (
    <div class="device-row">
      <span class="cut">
        <span class="mono link">{device.deviceId}</span>
        {device.iotEdge === true ? <Badge tone="info">edge</Badge> : null}
      </span>
      <span class="row">
        <span class={`dot ${online ? 'good' : ''}`} aria-hidden="true" />
        {online ? (device.link?.transport ?? 'connected') : 'not connected'}
      </span>
      <span>{device.status === 'enabled' ? 'enabled' : <Badge tone="warn">disabled</Badge>}</span>
      <span class="minor">{device.authentication.type}</span>
      <span class="minor">{device.modules?.length ?? 0}</span>
      <span class="minor">{device.cloudToDeviceMessageCount ?? 0}</span>
      <span class="faint cut">{agoText(device.lastActivityTime, clock?.epochMs)}</span>
    </div>
  )
}

interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly continuation: string | null
}

function ByQuery() {
  const [text, setText] = useState("SELECT * FROM devices WHERE connectionState = 'Connected'")
  const [answer, setAnswer] = useState<QueryAnswer | undefined>(undefined)
  const { busy, failed, run } = useCall()
  const ask = (continuation?: string): void => {
    run(async () => {
      const page = await call<QueryAnswer>('POST', '/query', {
        query: text,
        ...(continuation === undefined ? {} : { continuation }),
      })
      setAnswer((before) =>
        continuation === undefined ? page : { ...page, rows: [...(before?.rows ?? []), ...page.rows] },
      )
    })
  }
  return (
    <>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          ask()
        }}
      >
        <TextArea
          label="Query"
          hint="The language of the service: tags, properties.desired, properties.reported, aggregates."
          problem={failed === undefined ? undefined : messageOf(failed)}
          rows={2}
          value={text}
          onValue={setText}
        />
        <Button type="submit" look="main" icon="search" disabled={busy}>
          Run
        </Button>
      </form>
      {answer === undefined ? null : (
        <div class="card results">
          <p role="status" class="faint">
            {counted(answer.rows.length, 'row')}
            {answer.continuation === null ? '' : ', more follow'}
          </p>
          {answer.rows.map((row, at) => (
            <details key={at}>
              <summary class="mono cut">
                {typeof row['deviceId'] === 'string' ? (
                  <a href={hrefOf('devices', row['deviceId'])}>{row['deviceId']}</a>
                ) : null}{' '}
                {JSON.stringify(row).slice(0, 200)}
              </summary>
              <pre tabIndex={0}>{JSON.stringify(row, undefined, 2)}</pre>
            </details>
          ))}
          {answer.continuation === null ? null : (
            <Button
              onClick={() => {
                ask(answer.continuation ?? undefined)
              }}
            >
              More
            </Button>
          )}
        </div>
      )}
    </>
  )
}

const AUTHENTICATION = [
  ['sas', 'Symmetric keys'],
  ['selfSigned', 'X.509, self-signed'],
  ['certificateAuthority', 'X.509, by an authority'],
] as const

function NewDevice({ onClose }: { readonly onClose: () => void }) {
  const [deviceId, setDeviceId] = useState('')
  const [type, setType] = useState<(typeof AUTHENTICATION)[number][0]>('sas')
  const [thumbprint, setThumbprint] = useState('')
  const [edge, setEdge] = useState(false)
  const { busy, failed, run } = useCall()
  const create = (event: Event): void => {
    event.preventDefault()
    run(async () => {
      const x509 = type === 'selfSigned' ? { x509Thumbprint: { primaryThumbprint: thumbprint } } : {}
      await call('POST', '/devices', { deviceId, iotEdge: edge, authentication: { type, ...x509 } })
      go('devices', deviceId)
    })
  }
  return (
    <Dialog title="New device" onClose={onClose}>
      <form onSubmit={create}>
        <TextField
          label="Device id"
          hint="Letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '"
          problem={failed === undefined ? undefined : messageOf(failed)}
          required
          value={deviceId}
          onValue={setDeviceId}
        />
        <Choice label="Authentication" options={AUTHENTICATION} at={type} onPick={setType} />
        {type === 'selfSigned' ? (
          <TextField
            label="Thumbprint"
            hint="SHA-1 or SHA-256, in hexadecimal"
            value={thumbprint}
            onValue={setThumbprint}
          />
        ) : null}
        <CheckBox label="Edge device" checked={edge} onChange={setEdge} />
        <div class="row end">
          <Button type="submit" look="main" disabled={busy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
