/** Shared access policies of the provisioning service (DPS-ENR-15). */

/** Rights of a policy of the service API. */
export type ProvisioningRight =
  | 'ServiceConfig'
  | 'EnrollmentRead'
  | 'EnrollmentWrite'
  | 'RegistrationStatusRead'
  | 'RegistrationStatusWrite'

/** A shared access policy of the service API. */
export interface ProvisioningPolicy {
  /** Name of the policy, `skn` in tokens. */
  readonly name: string
  /** What the policy permits. */
  readonly rights: readonly ProvisioningRight[]
  /** Primary key, base64. */
  readonly primaryKey: string
  /** Secondary key, base64. */
  readonly secondaryKey: string
}
