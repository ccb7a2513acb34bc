/** A registration: what the service remembers of one device, and how it shows it (DPS-POLL-04, DPS-STATE-01). */

import type { Json, JsonObject } from '../../base/json.ts'
import { utcText } from '../../base/time-text.ts'
import { certificateInfo, type Certificate } from '../attestation/certificate.ts'
import { registrationEtag } from '../names.ts'

export type Substatus =
  | 'initialAssignment'
  | 'deviceDataMigrated'
  | 'deviceDataReset'
  | 'reprovisionedToInitialAssignment'

/** Where a device is, since its last registration that succeeded. */
export interface Assigned {
  readonly hub: string
  readonly deviceId: string
}

export type Outcome =
  | { readonly status: 'unassigned' | 'disabled' }
  | {
      readonly status: 'assigned'
      readonly assigned: Assigned
      readonly substatus: Substatus
      /** Of the webhook. */
      readonly payload: Json | undefined
    }
  | { readonly status: 'failed'; readonly errorCode: number; readonly errorMessage: string }

/** Records are replaced, never changed in place. */
export interface Registration {
  readonly registrationId: string
  /** The entry that it came through last. */
  readonly enrollment: { readonly kind: 'individual' | 'group'; readonly id: string }
  readonly outcome: Outcome
  /** Survives registrations that fail. */
  readonly assigned: Assigned | undefined
  /** The certificate presented; undefined: a symmetric key. */
  readonly leaf: Certificate | undefined
  /** Without quotes. */
  readonly etag: string
  /** The operation that ended with it. Absent: an earlier version stored it. */
  readonly operationId?: string | undefined
  /** Epoch ms. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** What a device is shown: with the attestation, and always as an initial assignment (DPS-HUB-04). */
export function deviceDocument(registration: Registration): JsonObject {
  const { leaf, enrollment } = registration
  const group = enrollment.kind === 'group' ? { enrollmentGroupId: enrollment.id } : {}
  return {
    ...(leaf === undefined
      ? { symmetricKey: group }
      : { x509: { certificateInfo: certificateInfo(leaf), ...group } }),
    ...stateDocument(registration, 'initialAssignment'),
  }
}

/** What a back end is shown. @param shownSubstatus in place of the true one. */
export function stateDocument(registration: Registration, shownSubstatus?: Substatus): JsonObject {
  const { registrationId, outcome, createdAt, updatedAt, etag } = registration
  return {
    registrationId,
    createdDateTimeUtc: utcText(createdAt),
    // Both or neither, and neither unless they are meant: azure-sdk-for-c reads them whatever the status.
    ...(outcome.status === 'assigned'
      ? {
          assignedHub: outcome.assigned.hub,
          deviceId: outcome.assigned.deviceId,
          substatus: shownSubstatus ?? outcome.substatus,
        }
      : {}),
    status: outcome.status,
    ...(outcome.status === 'failed'
      ? { errorCode: outcome.errorCode, errorMessage: outcome.errorMessage }
      : {}),
    lastUpdatedDateTimeUtc: utcText(updatedAt),
    etag: registrationEtag(etag),
    ...(outcome.status === 'assigned' && outcome.payload !== undefined ? { payload: outcome.payload } : {}),
  }
}
