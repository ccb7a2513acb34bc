/** One device: what it does and what can be done to it. */

import { useEffect, useState } from 'preact/hooks'
import { Badge, Button, Copy, Dialog, Empty, Problem, Tabs } from '../parts/basics.tsx'
import { useCall } from '../parts/forms.tsx'
import { ApiError, call, messageOf, pathOf } from '../lib/api.ts'
import { status } from '../lib/hub.ts'
import { go, hrefOf } from '../lib/route.ts'
import { agoText } from '../lib/text.ts'
import type { IdentityDocument } from '../lib/types.ts'
import { useAsked, useJournal } from '../lib/use-journal.ts'
import { useValue } from '../lib/value.ts'
import { C2dTab } from './device/c2d.tsx'
import { KeysTab } from './device/keys.tsx'
import { MethodsTab } from './device/methods.tsx'
import { ModulesTab } from './device/modules.tsx'
import { PlotsTab } from './device/plots.tsx'
import { TimelineTab } from './device/timeline.tsx'
import { TwinTab } from './device/twin.tsx'

const TABS = [
  ['timeline', 'Timeline'],
  ['plots', 'Plots'],
  ['twin', 'Twin'],
  ['methods', 'Methods'],
  ['messages', 'Messages'],
  ['modules', 'Modules'],
  ['keys', 'Keys'],
] as const

/** Entries that the page keeps of a device. */
const KEPT = 5_000
const SAMPLE = '200'

export function DevicePage({ deviceId, tab }: { readonly deviceId: string; readonly tab: string }) {
  const journal = useJournal({ device: deviceId, sample: SAMPLE }, 0, KEPT)
  const seq = useValue(status)?.journal.seq
  const last = journal.entries.findLast(({ type }) =>
    ['connected', 'disconnected', 'registry'].includes(type),
  )?.seq
  const {
    value: device,
    failed,
    again,
  } = useAsked(() => call<IdentityDocument>('GET', `${pathOf(deviceId)}?keys=hidden`), [last, seq])
  useEffect(() => {
    document.getElementById('main')?.scrollTo({ top: 0 })
  }, [tab])
  if (device === undefined || (failed instanceof ApiError && failed.status === 404))
    return failed === undefined ? null : (
      <>
        <h1 class="mono cut">{deviceId}</h1>
        <Empty icon="devices" title="There is no such device">
          <p>{messageOf(failed)}</p>
          <a href={hrefOf('devices')}>All devices</a>
        </Empty>
      </>
    )
  return (
    <div class="fill">
      <nav class="crumbs" aria-label="Where you are">
        <a href={hrefOf('devices')}>Devices</a> <span aria-hidden="true">/</span>
      </nav>
      <DeviceHead device={device} onChange={again} />
      <Tabs
        label={`Views of ${deviceId}`}
        at={tab}
        tabs={TABS.map(([id, label]) => ({
          id,
          label: id === 'modules' ? `${label} ${String(device.modules?.length ?? 0)}` : label,
          href: hrefOf('devices', deviceId, id),
        }))}
      />
      {tab === 'timeline' ? <TimelineTab journal={journal} name={deviceId} /> : null}
      {tab === 'plots' ? <PlotsTab journal={journal} /> : null}
      {tab === 'twin' ? <TwinTab device={device} entries={journal.entries} /> : null}
      {tab === 'methods' ? <MethodsTab device={device} entries={journal.entries} /> : null}
      {tab === 'messages' ? <C2dTab device={device} entries={journal.entries} /> : null}
      {tab === 'modules' ? <ModulesTab device={device} onChange={again} /> : null}
      {tab === 'keys' ? <KeysTab device={device} /> : null}
    </div>
  )
}

function DeviceHead({
  device,
  onChange,
}: {
  readonly device: IdentityDocument
  readonly onChange: () => void
}) {
  const clock = useValue(status)?.clock
  const [deleting, setDeleting] = useState(false)
  const { busy, failed, run } = useCall()
  const online = device.connectionState === 'Connected'
  const other = device.status === 'enabled' ? 'disabled' : 'enabled'
  return (
    <>
      <div class="row between wraps">
        <h1 class="mono cut">{device.deviceId}</h1>
        <div class="row">
          <Copy
            label="connection string"
            shows="Connection string"
            text={async () =>
              (await call<IdentityDocument>('GET', pathOf(device.deviceId))).connectionString ?? ''
            }
          />
          <Button
            disabled={busy}
            onClick={() => {
              run(async () => {
                await call('PATCH', pathOf(device.deviceId), { status: other })
                onChange()
              })
            }}
          >
            {device.status === 'enabled' ? 'Disable' : 'Enable'}
          </Button>
          <Button
            icon="trash"
            look="danger"
            onClick={() => {
              setDeleting(true)
            }}
          >
            Delete
          </Button>
        </div>
      </div>
      <div class="row facts-line">
        <Badge tone={online ? 'good' : 'plain'}>
          {!online
            ? 'not connected'
            : device.link == null
              ? 'connected'
              : `connected over ${device.link.transport}`}
        </Badge>
        <Badge tone={device.status === 'enabled' ? 'plain' : 'warn'}>{device.status}</Badge>
        <span class="faint">
          {device.authentication.type} · last activity {agoText(device.lastActivityTime, clock?.epochMs)}
        </span>
        {device.link == null ? null : <a href={hrefOf('wire', device.link.linkId)}>packets of this link</a>}
      </div>
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      {deleting ? (
        <Dialog
          title={`Delete ${device.deviceId}?`}
          onClose={() => {
            setDeleting(false)
          }}
        >
          <p>Its modules, twin and waiting messages are deleted with it, and its connection is closed.</p>
          <div class="row end">
            <Button
              look="danger"
              icon="trash"
              onClick={() => {
                run(async () => {
                  await call('DELETE', pathOf(device.deviceId))
                  go('devices')
                })
              }}
            >
              Delete the device
            </Button>
          </div>
        </Dialog>
      ) : null}
    </>
  )
}
