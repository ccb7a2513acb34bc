/** Who can ask the hub for something, what he shows, and what he is once he has proven it. */

import type { Identity } from './identity.ts'

/** Rights that a shared access policy can carry. */
export type Permission = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect'

export interface SharedAccessPolicy {
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly primaryKey: string
  readonly secondaryKey: string
}

/** How a link came in; `https` stands for single requests. */
export type Transport = 'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws' | 'https'

/** What a device shows to prove who it is. */
export interface DeviceCredentials {
  /** The text `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, exactly as received. */
  readonly sasToken?: string | undefined
  /** The TLS client certificate in DER, leaf first, then whatever issuers the client sent. */
  readonly certificates?: readonly Buffer[] | undefined
}

/** A device or module that has proven its name. */
export interface IdentityPrincipal {
  readonly type: 'identity'
  readonly identity: Identity
  /** Whose key or certificate it was. */
  readonly scope: 'device' | 'module' | 'hub'
  readonly credential: 'sas' | 'x509'
  readonly generationId: string
  /** `se` of the token in epoch ms; undefined for certificates. */
  readonly expiresAt: number | undefined
}

/** A back end that has shown a token of a shared access policy. */
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
