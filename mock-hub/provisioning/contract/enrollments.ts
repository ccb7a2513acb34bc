/** Enrollments as the service API shows them: documents in, documents out (docs/contract/provisioning.md). */

import type { Json, JsonObject } from '../../base/json.ts'

/** Which page of a list. */
export interface PageRequest {
  /** `x-ms-max-item-count`; undefined: the largest page. */
  readonly maxItems?: number | undefined
  /** `x-ms-continuation`; undefined: the first page. */
  readonly continuation?: string | undefined
}

/** A page of a list, sorted by id. */
export interface Page {
  /** What the rows are, `x-ms-item-type`. */
  readonly itemType: 'enrollment' | 'enrollmentGroup' | 'deviceRegistration'
  /** The rows of this page. */
  readonly rows: readonly JsonObject[]
  /** Undefined: nothing is left. */
  readonly continuation: string | undefined
}

/** Individual enrollments, or enrollment groups. Ids are compared without regard to case. */
export interface Enrollments {
  /** Whether there is an enrollment of this id. */
  has(id: string): boolean
  /** An enrollment without its keys. @throws HubError ProvisioningNotFound, ProvisioningGroupNotFound. */
  get(id: string): JsonObject
  /** The attestation with its keys. @throws HubError as `get`. */
  attestation(id: string): JsonObject
  /**
   * Creates an enrollment, or updates the one that `ifMatch` names.
   * @param ifMatch - `*` or the current etag, with or without its quotes; undefined: creates.
   * @returns the enrollment with its keys.
   * @throws HubError GenericBadRequest with the field, GenericConflict, GenericPreconditionFailed, ProvisioningNotFound,
   *   ProvisioningGroupNotFound.
   */
  put(id: string, body: Json, ifMatch?: string): JsonObject
  /** Deletes an enrollment; registrations and devices stay. @throws HubError as `get`, GenericPreconditionFailed. */
  remove(id: string, ifMatch?: string): void
  /** Creates, updates or deletes at most ten enrollments one by one. @throws HubError GenericBadRequest. */
  bulk(body: Json): JsonObject
  /** A page of enrollments. @throws HubError GenericBadRequest; ProvisioningNotImplemented for another query than `SELECT *`. */
  query(body: Json, page: PageRequest): Page
  /** All enrollments, sorted by id. */
  list(): readonly JsonObject[]
}
