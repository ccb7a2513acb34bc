/** The identity registry: devices and modules, and how they authenticate. */

import type {
  DeviceCredentials,
  IdentityPrincipal,
  Permission,
  PolicyGrant,
  PolicyPrincipal,
} from './principal.ts'
import type { HubError } from '../errors/hub-error.ts'
import type { Identity } from './identity.ts'
import type { JsonObject } from '../../base/json.ts'

/** Authenticates devices, modules and back ends. */
export interface Authentication {
  /**
   * Authenticates a device or module.
   * @throws HubError DeviceNotFound, DeviceDisabled, IotHubUnauthorizedAccess … with its explanation.
   */
  admit(identity: Identity, credentials: DeviceCredentials): IdentityPrincipal
  /**
   * Authenticates a device or module by a name whose case may differ, as the resource of a token does (WIRE-AUTH-22).
   * @throws HubError as `admit` does.
   */
  admitByName(name: Identity, credentials: DeviceCredentials): IdentityPrincipal
  /**
   * Authenticates a back end by its `Authorization` header.
   * @param anyOf - one of these permissions is enough.
   * @param target - device or module of the request; undefined: the whole hub. Only `policyTokensLimitedByPath` reads it.
   * @throws HubError IotHubUnauthorizedAccess.
   */
  authorize(header: string | undefined, anyOf: readonly Permission[], target?: Identity): PolicyPrincipal
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
  /**
   * Refuses, from now on, the tokens that an identity has shown.
   * @returns whether it has shown one.
   */
  expireTokens(identity: Identity): boolean
}

/** Symmetric keys of an identity, base64. */
export type SymmetricKeys = { readonly primaryKey: string | null; readonly secondaryKey: string | null }
/** SHA-1 or SHA-256 thumbprints of client certificates, in hexadecimal. */
export type Thumbprints = {
  readonly primaryThumbprint: string | null
  readonly secondaryThumbprint: string | null
}
/** Which keys are regenerated. */
export type KeyChoice = 'primaryKey' | 'secondaryKey' | 'both'
/** How an identity authenticates. */
export type AuthenticationType = 'sas' | 'selfSigned' | 'certificateAuthority' | 'none'

/** The authentication of an identity, as in REST bodies of the service. */
export interface AuthenticationMechanism {
  /** How the identity authenticates. */
  readonly type: AuthenticationType
  /** Keys of the type `sas`; otherwise null. */
  readonly symmetricKey: SymmetricKeys
  /** Thumbprints of the type `selfSigned`; otherwise null. */
  readonly x509Thumbprint: Thumbprints
}

/** A device or module of the registry. Records are replaced, never changed in place. */
export interface IdentityRecord {
  /** Its name. */
  readonly identity: Identity
  /** UTC .NET ticks at creation, as text. */
  readonly generationId: string
  /** base64 of decimal text, without quotes. */
  readonly etag: string
  /** Whether it may connect. */
  readonly status: 'enabled' | 'disabled'
  /** Why it has this status; free text. */
  readonly statusReason: string | null
  /** Epoch ms; undefined: never. */
  readonly statusUpdatedAt: number | undefined
  /** Whether it has a connection over MQTT or AMQP. */
  readonly connectionState: 'Connected' | 'Disconnected'
  /** Epoch ms; undefined: never. */
  readonly connectionStateUpdatedAt: number | undefined
  /** Time of the last operation, epoch ms; undefined: never. */
  readonly lastActivityAt: number | undefined
  /** How it authenticates. */
  readonly authentication: AuthenticationMechanism
  /** Whether it is an edge device. */
  readonly iotEdge: boolean
  /** Scope of an edge device, or of the edge device that is the gateway of this device. */
  readonly deviceScope: string | undefined
  /** Scopes of its gateways. */
  readonly parentScopes: readonly string[]
  /** Who manages the module; modules only. */
  readonly managedBy: string | undefined
  /** Key-value pairs of the back end; devices do not see them. */
  readonly attributes?: JsonObject | undefined
}

/** The fields of an identity that a caller may set. At creation, absent fields have defaults; at an update they keep their values. */
export interface IdentitySpec {
  /** Default: `enabled`. */
  readonly status?: 'enabled' | 'disabled' | undefined
  /** At most 128 characters. Default: null. */
  readonly statusReason?: string | null | undefined
  /** Default: the type `sas` with random keys. */
  readonly authentication?:
    | {
        readonly type?: AuthenticationType | undefined
        readonly symmetricKey?: Partial<SymmetricKeys> | null | undefined
        readonly x509Thumbprint?: Partial<Thumbprints> | null | undefined
      }
    | undefined
  /** Default: false. */
  readonly iotEdge?: boolean | undefined
  /** Scope of the edge device that is the gateway. Default: none. */
  readonly deviceScope?: string | undefined
  /** Scopes of the gateways. Default: that of `deviceScope`. */
  readonly parentScopes?: readonly string[] | undefined
  /** Who manages the module. Default: none. */
  /** Null clears it. */
  readonly managedBy?: string | null | undefined
  /** Key-value pairs of the back end. Default: none. */
  readonly attributes?: JsonObject | undefined
}

/** An `If-Match` header as received; undefined: there is none. `wantedEtag` parses it. */
export type IfMatch = string | undefined

/** A change of the registry. */
export interface RegistryChange {
  /** What happened. */
  readonly type: 'created' | 'updated' | 'deleted'
  /** The record after the change, or the deleted record. */
  readonly record: IdentityRecord
  /** The record before the change; undefined when it was created. */
  readonly before: IdentityRecord | undefined
}

/** The devices and modules of the hub. */
export interface Registry {
  /**
   * Creates a device or module.
   * @throws HubError ArgumentInvalid, DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, DeviceNotFound,
   *   TooManyModulesOnDevice, InvalidDeviceScope, IotHubQuotaExceeded.
   */
  create(identity: Identity, spec?: IdentitySpec): IdentityRecord
  /**
   * Updates a device or module.
   * @param ifMatch - `*` or the current etag.
   * @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid.
   */
  update(identity: Identity, spec: IdentitySpec, ifMatch: IfMatch): IdentityRecord
  /**
   * Regenerates symmetric keys.
   * @throws HubError DeviceNotFound, ModuleNotFound, InvalidOperation when the identity does not use symmetric keys.
   */
  regenerateKeys(identity: Identity, which: KeyChoice): IdentityRecord
  /**
   * Deletes an identity with its modules, twin, messages and connections.
   * @param ifMatch - `*` or the current etag.
   * @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed.
   */
  remove(identity: Identity, ifMatch: IfMatch): void
  /** The record of an identity; undefined: it does not exist. */
  find(identity: Identity): IdentityRecord | undefined
  /** The record of an identity. @throws HubError DeviceNotFound or ModuleNotFound. */
  get(identity: Identity): IdentityRecord
  /** Devices in order of creation. */
  devices(): IterableIterator<IdentityRecord>
  /** The modules of a device; empty when the device does not exist. */
  modulesOf(deviceId: string): readonly IdentityRecord[]
  /** Number of devices. */
  readonly size: number
  /** Calls the listener after each change. @returns stops listening. */
  onChange(listener: (change: RegistryChange) => void): () => void
  /** Replaces all records by those of a snapshot, unchanged. All connections are closed. */
  restore(records: readonly IdentityRecord[]): void
  /** Adds a root certificate in PEM that devices with X.509 CA authentication may chain to. */
  trustCertificateAuthority(pem: string): void
}
