/** A hub to which devices can be assigned: one of this process, or one elsewhere. */

import type { Json, JsonObject } from '../../base/json.ts'

/** How an assigned device authenticates at its hub. */
export type DeviceAuthentication =
  | { readonly type: 'sas'; readonly primaryKey: string; readonly secondaryKey: string }
  /** SHA-256 of the certificate presented, in upper-case hex (DPS-HUB-02). */
  | { readonly type: 'selfSigned'; readonly thumbprint: string }

/** The parts of a twin that an assignment writes. */
export interface AssignedTwin {
  readonly tags?: JsonObject | undefined
  readonly desired?: JsonObject | undefined
  /** Only a device that moves brings reported properties along. */
  readonly reported?: JsonObject | undefined
}

/** What becomes of a device in its hub. */
export interface Assignment {
  readonly deviceId: string
  readonly authentication: DeviceAuthentication
  readonly iotEdge: boolean
  /** For a device that the hub does not have yet. */
  readonly twin: AssignedTwin
  /** Whether the twin of a device that the hub has is written again. */
  readonly resetTwin: boolean
}

/** A hub to which devices can be assigned. */
export interface LinkedHub {
  /** What devices dial. */
  readonly hostName: string
  /** 1 to 1000; its share of the devices that are allocated by hash. */
  readonly allocationWeight: number
  /** Creates the device, or updates its authentication. @throws Error when the hub refuses. */
  assign(assignment: Assignment): Promise<void>
  /** The twin of a device that moves elsewhere; undefined: there is no such device. */
  twinOf(deviceId: string): Promise<AssignedTwin | undefined>
  /** Removes a device that has moved elsewhere; one that is not there is no error. */
  remove(deviceId: string): Promise<void>
}

/** A hub elsewhere, reached by its service API. */
export interface HubElsewhere {
  /**
   * Of a policy with RegistryReadWrite and ServiceConnect, for example iothubowner. `HostName` may have a port
   * (`name:8443`) for its service API; devices are told the name alone.
   */
  readonly connectionString: string
  /** Its share of the devices that are allocated by hash, 1 to 1000. Default: 1. */
  readonly allocationWeight?: number | undefined
  /** Roots in PEM that its certificate may chain to, beside those of Node and of this hub. */
  readonly ca?: string | undefined
}

/** Makes a linked hub of a connection string. @throws InvalidInput for one that is none. */
export type ConnectHub = (hub: HubElsewhere) => LinkedHub

/** A linked hub does not take the credential of the service. */
export class HubCredentialRefused extends Error {
  override readonly name = 'HubCredentialRefused'
}

/** Calls the webhook of a custom allocation. @returns status and body. @throws Error when there is no answer in time. */
export type CallWebhook = (
  url: string,
  body: Json,
) => Promise<{ readonly status: number; readonly body: string }>
