/** The registry of devices and modules, and their authentication. */

import type {
  DeviceCredentials,
  IdentityPrincipal,
  Permission,
  PolicyGrant,
  PolicyPrincipal,
} from './principal.ts'
import type { HubError } from '../errors/hub-error.ts'
import type { Identity } from './identity.ts'

export interface Authentication {
  /**
   * Authenticates a device or module.
   * @throws HubError DeviceNotFound, ModuleNotFound, DeviceDisabled, IotHubUnauthorizedAccess.
   */
  admit(identity: Identity, credentials: DeviceCredentials): IdentityPrincipal
  /**
   * Authenticates a back end by its `Authorization` header.
   * @param anyOf one of these permissions is enough.
   * @throws HubError IotHubUnauthorizedAccess.
   */
  authorize(header: string | undefined, anyOf: readonly Permission[]): PolicyPrincipal
  /**
   * Proves a back end that puts the token of a shared access policy on a connection. Clients of IoT Hub sign with the
   * decoded key, clients of Event Hubs with the key as text; both are accepted (WIRE-AMQP-03).
   * @throws HubError IotHubUnauthorizedAccess.
   */
  authorizeToken(token: string): PolicyGrant
  /**
   * Proves a back end by the key of a shared access policy itself.
   * @throws HubError IotHubUnauthorizedAccess.
   */
  authorizeKey(policyName: string, key: string): PolicyGrant
  /**
   * Admits a device or module for which a shared access policy with DeviceConnect speaks.
   * @throws HubError DeviceNotFound, ModuleNotFound, DeviceDisabled, IotHubUnauthorizedAccess.
   */
  admitByPolicy(identity: Identity, grant: PolicyGrant): IdentityPrincipal
  /**
   * Watches a token that a connection lives by (WIRE-AUTH-13).
   * @param expiresAt epoch ms; undefined: it never expires.
   * @param expired called once, when the grace `settings.tokenGraceSeconds` after the expiry is over.
   * @returns stops watching.
   */
  watchExpiry(expiresAt: number | undefined, expired: (error: HubError) => void): () => void
}

export type SymmetricKeys = { readonly primaryKey: string | null; readonly secondaryKey: string | null }
export type Thumbprints = {
  readonly primaryThumbprint: string | null
  readonly secondaryThumbprint: string | null
}
export type AuthenticationType = 'sas' | 'selfSigned' | 'certificateAuthority' | 'none'

/** How an identity authenticates, in the shape of the service's REST body. */
export interface AuthenticationMechanism {
  readonly type: AuthenticationType
  readonly symmetricKey: SymmetricKeys
  readonly x509Thumbprint: Thumbprints
}

/** A device or module of the registry. A record is immutable; a change replaces it. */
export interface IdentityRecord {
  readonly identity: Identity
  /** UTC .NET ticks at creation, as text. */
  readonly generationId: string
  /** base64 of decimal text, without quotes. */
  readonly etag: string
  readonly status: 'enabled' | 'disabled'
  readonly statusReason: string | null
  /** Epoch ms; undefined = never. */
  readonly statusUpdatedAt: number | undefined
  readonly connectionState: 'Connected' | 'Disconnected'
  readonly connectionStateUpdatedAt: number | undefined
  readonly lastActivityAt: number | undefined
  readonly authentication: AuthenticationMechanism
  readonly iotEdge: boolean
  readonly deviceScope: string | undefined
  readonly parentScopes: readonly string[]
  /** Modules only. */
  readonly managedBy: string | undefined
}

/** What a caller gives to create or update an identity. Left out: the default, or the current value. */
export interface IdentitySpec {
  readonly status?: 'enabled' | 'disabled' | undefined
  readonly statusReason?: string | null | undefined
  readonly authentication?:
    | {
        readonly type?: AuthenticationType | undefined
        readonly symmetricKey?: Partial<SymmetricKeys> | null | undefined
        readonly x509Thumbprint?: Partial<Thumbprints> | null | undefined
      }
    | undefined
  readonly iotEdge?: boolean | undefined
  readonly deviceScope?: string | undefined
  readonly parentScopes?: readonly string[] | undefined
  readonly managedBy?: string | undefined
}

/** An `If-Match` header as received (`*`, `"*"`, `"{etag}"`, bare etag), or undefined when there was none. */
export type IfMatch = string | undefined

export interface RegistryChange {
  readonly type: 'created' | 'updated' | 'deleted'
  readonly record: IdentityRecord
  /** The record before the change; undefined: it was created. */
  readonly before: IdentityRecord | undefined
}

export interface Registry {
  /** @throws HubError ArgumentInvalid, DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, DeviceNotFound, TooManyModulesOnDevice, InvalidDeviceScope … */
  create(identity: Identity, spec?: IdentitySpec): IdentityRecord
  /** @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid. */
  update(identity: Identity, spec: IdentitySpec, ifMatch: IfMatch): IdentityRecord
  /** Removes the identity with its modules, twin, queue and live links. @throws HubError as update. */
  remove(identity: Identity, ifMatch: IfMatch): void
  find(identity: Identity): IdentityRecord | undefined
  /** @throws HubError DeviceNotFound or ModuleNotFound. */
  get(identity: Identity): IdentityRecord
  /** Devices in order of creation. */
  devices(): IterableIterator<IdentityRecord>
  modulesOf(deviceId: string): readonly IdentityRecord[]
  /** Number of devices. */
  readonly size: number
  /** The listener is called after each change. @returns stops listening. */
  onChange(listener: (change: RegistryChange) => void): () => void
  /** Replaces all records by those of a snapshot. Live links are closed. */
  restore(records: readonly IdentityRecord[]): void
  /** @param pem root certificates that certificateAuthority devices may chain to. */
  trustCertificateAuthority(pem: string): void
}
