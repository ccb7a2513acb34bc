/** Registrations: which device was assigned where, or why not. */

import { Badge, Button, Problem } from '../../parts/basics.tsx'
import { useCall } from '../../parts/forms.tsx'
import { call, messageOf } from '../../lib/api.ts'
import type { Tone } from '../../lib/entry.ts'
import { about } from '../../lib/hub.ts'
import { hrefOf } from '../../lib/route.ts'
import { dateText } from '../../lib/text.ts'
import type { RegistrationDocument } from '../../lib/types.ts'
import { useValue } from '../../lib/value.ts'
import { Facts, RecordList } from './record-list.tsx'

const TONES: Readonly<Record<string, Tone>> = { assigned: 'good', failed: 'bad', disabled: 'warn' }

export function RegistrationsTab() {
  return (
    <RecordList<RegistrationDocument>
      path="/registrations"
      noun="registration"
      head={['Registration', 'Status', 'Hub', 'Device']}
      idOf={({ registrationId }) => registrationId}
      render={({ registrationId, status, assignedHub, deviceId }) => (
        <>
          <span class="mono cut">{registrationId}</span>
          <span>
            <Badge tone={TONES[status] ?? 'plain'}>{status}</Badge>
          </span>
          <span class="mono cut">{assignedHub ?? ''}</span>
          <span class="mono cut">{deviceId ?? ''}</span>
        </>
      )}
      detail={(row, changed) => <Registration registration={row} onChange={changed} />}
      empty="When a device registers, it appears here with its hub, or with the reason why it got none."
    />
  )
}

function Registration({
  registration,
  onChange,
}: {
  readonly registration: RegistrationDocument
  readonly onChange: () => void
}) {
  const { registrationId, status, substatus, assignedHub, deviceId, errorCode, errorMessage } = registration
  const hub = useValue(about)
  const { busy, failed, run } = useCall()
  return (
    <div class="detail">
      <h2 class="mono wrap">{registrationId}</h2>
      <Facts
        facts={[
          ['Status', <Badge tone={TONES[status] ?? 'plain'}>{status}</Badge>],
          ['How', substatus],
          ['Hub', assignedHub],
          [
            'Device',
            deviceId === undefined ? undefined : assignedHub === hub?.hostName ? (
              <a href={hrefOf('devices', deviceId)}>{deviceId}</a>
            ) : (
              deviceId
            ),
          ],
          ['Error', errorCode === undefined ? undefined : `${String(errorCode)} ${errorMessage ?? ''}`],
          ['Since', dateText(registration.createdDateTimeUtc)],
          ['Last', dateText(registration.lastUpdatedDateTimeUtc)],
        ]}
      />
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      <div class="row">
        <Button
          icon="trash"
          look="danger"
          disabled={busy}
          title="The device stays in its hub"
          onClick={() => {
            run(async () => {
              await call('DELETE', `/registrations/${encodeURIComponent(registrationId)}`)
              onChange()
            })
          }}
        >
          Delete the registration
        </Button>
      </div>
    </div>
  )
}
