/** The form of a new enrollment or group. */

import { useState } from 'preact/hooks'
import { Button, Choice, Dialog, Problem } from '../../parts/basics.tsx'
import { CheckBox, TextArea, TextField } from '../../parts/fields.tsx'
import { JsonField, useCall } from '../../parts/forms.tsx'
import { ApiError, call, messageOf } from '../../lib/api.ts'
import { isObject } from '../../lib/diff.ts'
import { jsonOf } from '../../lib/text.ts'
import type { EnrollmentDocument, Json } from '../../lib/types.ts'
import { enrollmentPath, idOf, KINDS, type EnrollmentKind } from './kinds.ts'

const ATTESTATION = [
  ['symmetricKey', 'Symmetric keys'],
  ['x509', 'X.509 certificate'],
] as const

export function NewEnrollment({
  kind,
  onClose,
}: {
  readonly kind: EnrollmentKind
  readonly onClose: () => void
}) {
  const { root, noun, idName } = KINDS[kind]
  const [id, setId] = useState('')
  const [deviceId, setDeviceId] = useState('')
  const [type, setType] = useState<(typeof ATTESTATION)[number][0]>('symmetricKey')
  const [pem, setPem] = useState('')
  const [edge, setEdge] = useState(false)
  const [twin, setTwin] = useState('')
  const { busy, failed, run } = useCall()
  const create = (event: Event): void => {
    event.preventDefault()
    run(async () => {
      // The call replaces an enrollment that is there; a form for a new one must not.
      const query = new URLSearchParams({ contains: id })
      const there = await call<readonly EnrollmentDocument[]>('GET', `${root}?${query.toString()}`)
      const taken = there.some((one) => idOf(one).toLowerCase() === id.toLowerCase())
      if (taken) throw new Error('This id is taken.')
      await call('PUT', enrollmentPath(kind, id), {
        attestation: attestationOf(kind, type, pem),
        ...(deviceId === '' ? {} : { deviceId }),
        ...(edge ? { capabilities: { iotEdge: true } } : {}),
        ...(twin.trim() === '' ? {} : { initialTwin: { properties: { desired: jsonOf(twin) } } }),
      })
      onClose()
    })
  }
  return (
    <Dialog title={`New ${noun}`} onClose={onClose}>
      <form onSubmit={create}>
        <TextField label={idName} required value={id} onValue={setId} />
        <Choice label="Attestation" options={ATTESTATION} at={type} onPick={setType} />
        {type === 'x509' ? (
          <TextArea
            label={kind === 'group' ? 'Certificate of the authority' : 'Certificate of the device'}
            hint="PEM"
            rows={4}
            required
            value={pem}
            onValue={setPem}
          />
        ) : (
          <p class="faint">The service makes the keys; you find them beside the {noun}.</p>
        )}
        {kind === 'individual' ? (
          <TextField
            label="Device id"
            hint="empty: the registration id"
            value={deviceId}
            onValue={setDeviceId}
          />
        ) : null}
        <JsonField
          label="Desired properties of a new device"
          hint="JSON; empty: none"
          rows={3}
          text={twin}
          onText={setTwin}
        />
        <CheckBox label="Edge device" checked={edge} onChange={setEdge} />
        <Problem text={failed === undefined ? undefined : problemOf(failed)} />
        <div class="row end">
          <Button
            type="submit"
            look="main"
            disabled={busy || (twin.trim() !== '' && !isObject(jsonOf(twin)))}
          >
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function attestationOf(kind: EnrollmentKind, type: string, certificate: string): Json {
  if (type === 'symmetricKey') return { type }
  const certificates = { primary: { certificate } }
  return {
    type,
    x509: kind === 'group' ? { signingCertificates: certificates } : { clientCertificates: certificates },
  }
}

function problemOf(failed: unknown): string {
  if (failed instanceof ApiError && failed.field !== undefined)
    return `${failed.field}: expected ${failed.rule ?? ''}`
  return messageOf(failed)
}
