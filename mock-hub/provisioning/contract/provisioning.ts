/**
 * The Device Provisioning Service as the adapters see it (docs/contract/provisioning.md). It has its own room beside the
 * core: the same clock, journal, faults and settings, and no knowledge of a protocol.
 *
 * Terms: a *registration* is one device's record of its assignment; an *enrollment* says which devices may register and
 * what becomes of them; an *operation* is one run of a registration, which the device polls; a *linked hub* is a hub to
 * which devices can be assigned.
 */

import type { JsonObject } from '../../base/json.ts'
import type { DeviceCredentials, Transport } from '../../core/contract/principal.ts'
import type { HubError } from '../../core/errors/hub-error.ts'
import type { Certificates } from './certificates.ts'
import type { Enrollments, Page, PageRequest } from './enrollments.ts'
import type { HubElsewhere, LinkedHub } from './linked-hub.ts'
import type { ProvisioningPolicy, ProvisioningRight } from './policies.ts'

/** A device that asks for its hub: what it says of itself, and how it proves it. */
export interface Registrant {
  /** ID scope, as sent. */
  readonly idScope: string
  /** Registration id, as sent. */
  readonly registrationId: string
  /** Token or certificates. */
  readonly credentials: DeviceCredentials
  /** Its transport. */
  readonly transport: Transport
  /** ID of its connection; undefined for single HTTPS requests. */
  readonly linkId: string | undefined
  /** `api-version`, which decides how a registration without a reprovisioning policy is treated. */
  readonly apiVersion: string
}

/** The answer to a registration or a poll. */
export interface RegistrationAnswer {
  /** 202: not yet decided; 200: decided. A fault may order any other. */
  readonly status: number
  /** Seconds until the device may ask again; undefined: the answer names none. */
  readonly retryAfter: number | undefined
  /** The documented body; a text stands for a body that a fault ordered. */
  readonly body: JsonObject | string
  /** A fault ordered it: nothing is answered, or the connection is closed instead. */
  readonly instead?: 'withhold' | 'close' | undefined
}

/** What devices can do. */
export interface DeviceProvisioning {
  /**
   * Judges the form of a connection: the names, some credential, a token for this registration that has not expired, the
   * common name of a certificate (DPS-CONN-04, DPS-AUTH-08, DPS-AUTH-09, DPS-AUTH-12, DPS-AUTH-17). With the setting
   * `dpsJudgesAtConnect` the credential itself is judged as well.
   * @throws HubError GenericUnauthorized, IotHubUnauthorizedAccess, GenericNotFound.
   */
  admit(registrant: Registrant): void
  /**
   * Judges the credential alone, as AMQP does when a device attaches.
   * @throws HubError GenericUnauthorized, IotHubUnauthorizedAccess, GenericNotFound.
   */
  prove(registrant: Registrant): void
  /**
   * Starts a registration.
   * @param body JSON text; empty: nothing beyond the connection.
   * @returns 202 with the id of the operation, also when everything is decided (DPS-HTTP-03).
   * @throws HubError GenericBadRequest, GenericUnauthorized, IotHubUnauthorizedAccess, GenericNotFound,
   *   GenericTooManyRequests, ProvisioningNotImplemented.
   */
  register(registrant: Registrant, body: string): Promise<RegistrationAnswer>
  /**
   * Answers how far an operation is.
   * @throws HubError GenericNotFound for the operation of another registration; the others as `register`.
   */
  poll(registrant: Registrant, operationId: string): Promise<RegistrationAnswer>
  /**
   * The state of the last registration.
   * @throws HubError ProvisioningNotFound when the device never registered; the others as `register`.
   */
  lookup(registrant: Registrant, body: string): JsonObject
}

/** The records of registrations. */
export interface Registrations {
  /** The state of a registration. @throws HubError ProvisioningNotFound. */
  get(registrationId: string): JsonObject
  /** Removes the record; the device stays in its hub. @throws HubError ProvisioningNotFound, GenericPreconditionFailed. */
  remove(registrationId: string, ifMatch: string | undefined): void
  /** The states that came through a group. @throws HubError ProvisioningGroupNotFound, GenericBadRequest. */
  ofGroup(enrollmentGroupId: string, page: PageRequest): Page
  /** All states, sorted by id. */
  list(): readonly JsonObject[]
}

/** A Device Provisioning Service. */
export interface Provisioning {
  /** ID scope. */
  readonly idScope: string
  /** Shared access policies of the service API. */
  readonly policies: readonly ProvisioningPolicy[]
  /** What devices can do. */
  readonly devices: DeviceProvisioning
  /** Individual enrollments. */
  readonly individual: Enrollments
  /** Enrollment groups. */
  readonly groups: Enrollments
  /** Records of registrations. */
  readonly registrations: Registrations
  /** Uploaded certificates of authorities. */
  readonly certificates: Certificates
  /** The hubs to which devices can be assigned. */
  readonly linkedHubs: readonly LinkedHub[]
  /** Links a hub; one of the same host name is replaced. */
  link(hub: LinkedHub): void
  /** Links a hub elsewhere. @throws InvalidInput for a connection string that is none. */
  linkElsewhere(hub: HubElsewhere): void
  /** Unlinks a hub. @returns whether there was one of this host name. */
  unlink(hostName: string): boolean
  /**
   * Authenticates a caller of the service API by its `Authorization` header.
   * @returns the name of its policy.
   * @throws HubError GenericUnauthorized for the token, IotHubUnauthorizedAccess for a right that the policy lacks.
   */
  authorize(header: string | undefined, right: ProvisioningRight): string
  /** Journals and logs a refusal. */
  refuse(
    error: HubError,
    where: { readonly identity?: string; readonly linkId?: string; readonly transport: Transport },
  ): void
  /** Forgets enrollments, registrations, certificates and hubs that were linked later. */
  clear(): void
}
