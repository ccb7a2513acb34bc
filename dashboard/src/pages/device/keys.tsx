/** Keys and connection strings, shown on demand only. */

import { useState } from 'preact/hooks'
import { Button, Card, Copy, Problem } from '../../parts/basics.tsx'
import { useCall } from '../../parts/forms.tsx'
import { call, messageOf, pathOf } from '../../lib/api.ts'
import type { IdentityDocument } from '../../lib/types.ts'
import { Target } from './target.tsx'

const HIDDEN = '••••••••••••••••'

export function KeysTab({ device }: { readonly device: IdentityDocument }) {
  const [moduleId, setModuleId] = useState<string | undefined>(undefined)
  const path = pathOf(device.deviceId, moduleId)
  return (
    <Card title="Connection string and keys">
      <Target device={device} moduleId={moduleId} onPick={setModuleId} />
      <Keys key={path} path={path} sas={device.authentication.type === 'sas'} />
    </Card>
  )
}

function Keys({ path, sas }: { readonly path: string; readonly sas: boolean }) {
  const [open, setOpen] = useState<IdentityDocument | undefined>(undefined)
  const { busy, failed, run } = useCall()
  const read = (): Promise<IdentityDocument> => call<IdentityDocument>('GET', path)
  type Row = readonly [name: string, value: (identity: IdentityDocument) => string | null | undefined]
  const keys: readonly Row[] = [
    ['Primary key', ({ authentication }) => authentication.symmetricKey?.primaryKey],
    ['Secondary key', ({ authentication }) => authentication.symmetricKey?.secondaryKey],
  ]
  const rows: readonly Row[] = [
    ['Connection string', ({ connectionString }) => connectionString],
    ...(sas ? keys : []),
  ]
  const regenerate = (which: 'primaryKey' | 'secondaryKey'): void => {
    run(async () => {
      const renewed = await call<IdentityDocument>('POST', `${path}/regenerate-keys`, { which })
      if (open !== undefined) setOpen(renewed)
    })
  }
  return (
    <>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono wrap">
              <span>{open === undefined ? HIDDEN : (value(open) ?? 'none')}</span>
              <Copy text={async () => value(await read()) ?? ''} label={name.toLowerCase()} />
            </dd>
          </div>
        ))}
      </dl>
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      <div class="row">
        <Button
          icon="eye"
          onClick={() => {
            if (open === undefined)
              run(async () => {
                setOpen(await read())
              })
            else setOpen(undefined)
          }}
        >
          {open === undefined ? 'Show' : 'Hide'}
        </Button>
        {sas ? (
          <>
            {(['primary', 'secondary'] as const).map((which) => (
              <Button
                key={which}
                icon="key"
                disabled={busy}
                onClick={() => {
                  regenerate(`${which}Key`)
                }}
              >
                New {which} key
              </Button>
            ))}
            <Button
              icon="clock"
              disabled={busy}
              onClick={() => {
                run(() => call('POST', `${path}/expire-token`))
              }}
            >
              Let its token expire
            </Button>
          </>
        ) : null}
      </div>
    </>
  )
}
