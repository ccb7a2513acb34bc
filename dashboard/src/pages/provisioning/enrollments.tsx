/** Enrollments: which devices may register, one by one or as a group, and what becomes of them. */

import { useState } from 'preact/hooks'
import { Badge, Button, Copy, Problem } from '../../parts/basics.tsx'
import { useCall } from '../../parts/forms.tsx'
import { call, messageOf } from '../../lib/api.ts'
import { dateText, quoted } from '../../lib/text.ts'
import type { EnrollmentDocument } from '../../lib/types.ts'
import { enrollmentPath, idOf, KINDS, type EnrollmentKind, type Service } from './kinds.ts'
import { NewEnrollment } from './new-enrollment.tsx'
import { Facts, RecordList } from './record-list.tsx'

export function EnrollmentsTab({
  kind,
  service,
}: {
  readonly kind: EnrollmentKind
  readonly service: Service
}) {
  const { root, noun, idName } = KINDS[kind]
  const [adding, setAdding] = useState(false)
  return (
    <RecordList<EnrollmentDocument>
      path={root}
      noun={noun}
      head={[idName, 'Status', 'Attestation', 'Allocation']}
      idOf={idOf}
      render={(row) => (
        <>
          <span class="mono cut">{idOf(row)}</span>
          <span>
            {row.provisioningStatus === 'disabled' ? <Badge tone="warn">disabled</Badge> : 'enabled'}
          </span>
          <span>{row.attestation.type}</span>
          <span>{row.allocationPolicy ?? 'default'}</span>
        </>
      )}
      detail={(row, changed) => (
        <Enrollment key={idOf(row)} kind={kind} enrollment={row} service={service} onChange={changed} />
      )}
      empty={
        kind === 'individual'
          ? 'An enrollment lets one device register. Create one, or start the hub with a seed.'
          : 'A group lets every device register whose key derives from that of the group, or whose certificate chains to it.'
      }
      actions={(changed) => (
        <>
          <Button
            icon="plus"
            look="main"
            onClick={() => {
              setAdding(true)
            }}
          >
            New {noun}
          </Button>
          {adding ? (
            <NewEnrollment
              kind={kind}
              onClose={() => {
                setAdding(false)
                changed()
              }}
            />
          ) : null}
        </>
      )}
    />
  )
}

function Enrollment({
  kind,
  enrollment,
  service,
  onChange,
}: {
  readonly kind: EnrollmentKind
  readonly enrollment: EnrollmentDocument
  readonly service: Service
  readonly onChange: () => void
}) {
  const { noun } = KINDS[kind]
  const { busy, failed, run } = useCall()
  const { attestation, provisioningStatus, initialTwin } = enrollment
  const id = idOf(enrollment)
  const path = enrollmentPath(kind, id)
  const other = provisioningStatus === 'disabled' ? 'enabled' : 'disabled'
  const change = (act: () => Promise<unknown>): void => {
    run(async () => {
      await act()
      onChange()
    })
  }
  return (
    <div class="detail">
      <h2 class="mono wrap">{id}</h2>
      <Facts
        facts={[
          ['Status', provisioningStatus],
          ['Attestation', attestation.type],
          ['Device id', enrollment.deviceId],
          ['Hubs', enrollment.iotHubs?.join(', ')],
          ['Created', dateText(enrollment.createdDateTimeUtc)],
          ['Changed', dateText(enrollment.lastUpdatedDateTimeUtc)],
        ]}
      />
      {initialTwin === undefined ? null : (
        <>
          <h3>Initial twin</h3>
          <pre tabIndex={0} aria-label="Initial twin">
            {JSON.stringify(initialTwin, undefined, 2)}
          </pre>
        </>
      )}
      {attestation.type === 'symmetricKey' ? <Keys kind={kind} id={id} service={service} /> : null}
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      <div class="row">
        <Button
          disabled={busy}
          onClick={() => {
            change(async () => {
              // With its keys, because a replacement without them gets new ones.
              const whole = await call<EnrollmentDocument>('GET', path)
              await call('PUT', path, { ...whole, provisioningStatus: other })
            })
          }}
        >
          {other === 'disabled' ? 'Disable' : 'Enable'}
        </Button>
        <Button
          icon="trash"
          look="danger"
          disabled={busy}
          title="Registrations and devices stay"
          onClick={() => {
            change(() => call('DELETE', path))
          }}
        >
          Delete the {noun}
        </Button>
      </div>
    </div>
  )
}

/** Keys on demand, and the lines that a sample of a provisioning SDK reads. */
function Keys({
  kind,
  id,
  service,
}: {
  readonly kind: EnrollmentKind
  readonly id: string
  readonly service: Service
}) {
  const [shown, setShown] = useState<string | undefined>(undefined)
  const { failed, run } = useCall()
  const key = async (): Promise<string> => {
    const { attestation } = await call<EnrollmentDocument>('GET', enrollmentPath(kind, id))
    return attestation.symmetricKey?.primaryKey ?? ''
  }
  const lines = async (): Promise<string> => {
    const variables = [
      ['PROVISIONING_HOST', service.endpoint],
      ['PROVISIONING_IDSCOPE', service.idScope],
      ...(kind === 'individual' ? [['PROVISIONING_REGISTRATION_ID', id]] : []),
      [
        kind === 'individual' ? 'PROVISIONING_SYMMETRIC_KEY' : 'PROVISIONING_MASTER_SYMMETRIC_KEY',
        await key(),
      ],
    ]
    return variables.map(([name = '', value = '']) => `export ${name}=${quoted(value)}`).join('\n')
  }
  return (
    <>
      <Facts
        facts={[
          [
            'Primary key',
            <>
              <span class="mono wrap">{shown ?? '••••••••••••'}</span>
              <Copy text={key} label="primary key" />
            </>,
          ],
        ]}
      />
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      <div class="row">
        <Button
          icon="eye"
          onClick={() => {
            if (shown === undefined)
              run(async () => {
                setShown(await key())
              })
            else setShown(undefined)
          }}
        >
          {shown === undefined ? 'Show' : 'Hide'}
        </Button>
        <Copy text={lines} label="environment lines" shows="Environment lines" />
      </div>
    </>
  )
}
