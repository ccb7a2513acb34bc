/** Callers of the hub: their policies, credentials and authenticated identities. */

import type { Identity } from './identity.ts'

/** Permissions of a shared access policy. */
export type Permission = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect'

/** A shared access policy, with which back ends authenticate. */
export interface SharedAccessPolicy {
  /** Name of the policy, `skn` in tokens. */
  readonly name: string
  /** What the policy permits. */
  readonly permissions: readonly Permission[]
  /** Primary key, base64. */
  readonly primaryKey: string
  /** Secondary key, base64. */
  readonly secondaryKey: string
}

/** Transport of a connection; `https` stands for single requests. */
export type Transport = 'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws' | 'https'

/** The credentials of a device. */
export interface DeviceCredentials {
  /** The text `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, exactly as received. */
  readonly sasToken?: string | undefined
  /** The TLS client certificate in DER, leaf first, then the issuers that the client sent. */
  readonly certificates?: readonly Buffer[] | undefined
  /** Ids from the identity up to the gateway whose `$edgeHub` signed the token, separated by `;`. */
  readonly authChain?: string | undefined
}

/** An authenticated device or module. */
export interface IdentityPrincipal {
  readonly type: 'identity'
  readonly identity: Identity
  /** Owner of the key or certificate. */
  readonly scope: 'device' | 'module' | 'hub'
  readonly credential: 'sas' | 'x509'
  readonly generationId: string
  /** `se` of the token in epoch ms; undefined for certificates. */
  readonly expiresAt: number | undefined
}

/** A back end, authenticated with a shared access policy. */
export interface PolicyPrincipal {
  readonly type: 'policy'
  readonly policyName: string
  readonly permissions: ReadonlySet<Permission>
}

/** What a connection may do by a token or a key of a shared access policy, as long as it has not expired. */
export interface PolicyGrant extends PolicyPrincipal {
  /** Leading path segments of the resources that it covers; empty: the whole hub. */
  readonly scope: readonly string[]
  /** Epoch ms; undefined: it does not expire, as it is a key. */
  readonly expiresAt: number | undefined
}
