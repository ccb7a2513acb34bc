/** Paths that name a device or one of its modules. */

import type { Identity } from '../core/contract/identity.ts'

/** Path parameters of a route that names a device or one of its modules. */
export interface IdentityParams {
  readonly deviceId: string
  readonly moduleId?: string
}

/** Path prefixes under which a device and a module have the same resource. */
export const IDENTITY_PATHS = ['/devices/:deviceId', '/devices/:deviceId/modules/:moduleId'] as const

/** The identity that a path names. */
export function identityOf({ deviceId, moduleId }: IdentityParams): Identity {
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId }
}
