/** The hubs to which devices can be assigned, and the certificates of authorities. */

import { useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Problem } from '../../parts/basics.tsx'
import { CheckBox, NumberField, TextArea, TextField } from '../../parts/fields.tsx'
import { useCall } from '../../parts/forms.tsx'
import { call, messageOf } from '../../lib/api.ts'
import type { LinkedHub, UploadedCertificate } from '../../lib/types.ts'
import { useAsked } from '../../lib/use-journal.ts'

export function HubsTab() {
  return (
    <div class="columns even">
      <LinkedHubs />
      <Certificates />
    </div>
  )
}

function LinkedHubs() {
  const { value: hubs = [], again } = useAsked(() => call<readonly LinkedHub[]>('GET', '/linked-hubs'), [])
  const [connectionString, setConnectionString] = useState('')
  const [weight, setWeight] = useState('1')
  const { busy, failed, run } = useCall()
  const change = (method: string, path: string, body?: unknown): void => {
    run(async () => {
      await call(method, path, body)
      if (method === 'POST') setConnectionString('')
      again()
    })
  }
  return (
    <Card title="Linked hubs">
      {hubs.length === 0 ? (
        <Empty icon="devices" title="No hub is linked">
          No device can be assigned. Link a hub.
        </Empty>
      ) : (
        <ul class="sent">
          {hubs.map(({ hostName, allocationWeight }) => (
            <li key={hostName}>
              <span class="mono cut">{hostName}</span>
              <span class="faint">weight {allocationWeight}</span>
              <Button
                icon="trash"
                look="quiet"
                disabled={busy}
                aria-label={`Unlink ${hostName}`}
                onClick={() => {
                  change('DELETE', `/linked-hubs/${encodeURIComponent(hostName)}`)
                }}
              />
            </li>
          ))}
        </ul>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          change('POST', '/linked-hubs', { connectionString, allocationWeight: Number(weight) })
        }}
      >
        <TextField
          label="Connection string of a hub elsewhere"
          hint="of a policy that may write its registry, such as iothubowner"
          required
          value={connectionString}
          onValue={setConnectionString}
        />
        <div class="row bottom">
          <NumberField label="Weight" min={1} max={1_000} required value={weight} onValue={setWeight} />
          <Button type="submit" disabled={busy}>
            Link
          </Button>
        </div>
        <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      </form>
    </Card>
  )
}

function Certificates() {
  const { value: all = [], again } = useAsked(
    () => call<readonly UploadedCertificate[]>('GET', '/certificates'),
    [],
  )
  const [name, setName] = useState('')
  const [certificate, setCertificate] = useState('')
  const [verified, setVerified] = useState(true)
  const { busy, failed, run } = useCall()
  const change = (method: string, of: string, body?: unknown): void => {
    run(async () => {
      await call(method, `/certificates/${encodeURIComponent(of)}`, body)
      again()
    })
  }
  return (
    <Card title="Certificates of authorities">
      {all.length === 0 ? (
        <Empty icon="key" title="No certificate is uploaded">
          Groups name certificates of authorities; devices whose certificates chain to one may register.
        </Empty>
      ) : (
        <ul class="sent">
          {all.map((one) => (
            <li key={one.name}>
              <span class="cut">
                <strong>{one.name}</strong> <span class="mono faint">{one.subject}</span>
              </span>
              <Badge tone={one.verified ? 'good' : 'warn'}>
                {one.verified ? 'verified' : 'not verified'}
              </Badge>
              <Button
                icon="trash"
                look="quiet"
                disabled={busy}
                aria-label={`Delete the certificate ${one.name}`}
                onClick={() => {
                  change('DELETE', one.name)
                }}
              />
            </li>
          ))}
        </ul>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          change('PUT', name, { certificate, verified })
        }}
      >
        <TextField label="Name" required value={name} onValue={setName} />
        <TextArea
          label="Certificate"
          hint="PEM"
          rows={4}
          required
          value={certificate}
          onValue={setCertificate}
        />
        <CheckBox label="No proof of possession is needed" checked={verified} onChange={setVerified} />
        <Problem text={failed === undefined ? undefined : messageOf(failed)} />
        <div class="row end">
          <Button type="submit" icon="plus" disabled={busy}>
            Upload
          </Button>
        </div>
      </form>
    </Card>
  )
}
