/** An enrollment: which devices may register, and what becomes of them. */

import type { JsonObject } from '../../base/json.ts'
import type { Attestation } from '../attestation/attestation.ts'

export const ALLOCATION_POLICIES = ['hashed', 'geoLatency', 'static', 'custom'] as const
export type AllocationPolicy = (typeof ALLOCATION_POLICIES)[number]

export interface ReprovisionPolicy {
  readonly updateHubAssignment: boolean
  readonly migrateDeviceData: boolean
}

/** Records are replaced, never changed in place. */
export interface Enrollment {
  readonly kind: 'individual' | 'group'
  /** As given; compared without regard to case. */
  readonly id: string
  /** Of individual enrollments; undefined: the registration id. */
  readonly deviceId: string | undefined
  readonly optionalDeviceInformation: JsonObject | undefined
  readonly attestation: Attestation
  /** Undefined: the body said nothing of capabilities. */
  readonly iotEdge: boolean | undefined
  readonly tags: JsonObject | undefined
  readonly desired: JsonObject | undefined
  readonly enabled: boolean
  readonly reprovisionPolicy: ReprovisionPolicy | undefined
  readonly allocationPolicy: AllocationPolicy | undefined
  /** Host names, also the one of `iotHubHostName`; undefined: all linked hubs. */
  readonly iotHubs: readonly string[] | undefined
  readonly webhook: { readonly url: string; readonly apiVersion: string } | undefined
  /** Without quotes. */
  readonly etag: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly updatedAt: number
}
