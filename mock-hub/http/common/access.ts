/** Authenticates and authorizes the caller of a route (WIRE-AUTH-19, WIRE-AUTH-20), before the body is read. */

import type { FastifyRequest } from 'fastify'
import { certificateChain } from '../../net/peer.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { DeviceCredentials, IdentityPrincipal, PolicyPrincipal } from '../../core/contract/principal.ts'
import { EDGE_CALLER, edgeCaller } from './edge-caller.ts'
import { type Access } from './route-context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

/** A token that names a policy comes from a back end, or from a device that uses a key of the hub. */
const POLICY_NAME = /[\s&]skn=[^&]/i

/** The credentials of a request: its `Authorization` header and its TLS client certificate. */
export function credentialsOf(request: FastifyRequest): DeviceCredentials {
  const { socket } = request.raw
  return {
    sasToken: request.headers.authorization,
    certificates: certificateChain(socket),
  }
}

/** Whether the path of a route names a device or a module. */
function hasIdentity(params: Partial<IdentityParams>): params is IdentityParams {
  return params.deviceId !== undefined
}

/**
 * Authenticates the caller.
 * @returns null when the handler authenticates the caller itself.
 * @throws HubError of `Authentication.admit` or `Authentication.authorize`.
 */
export function authenticate(
  hub: Hub,
  access: Access,
  request: FastifyRequest,
): IdentityPrincipal | PolicyPrincipal | null {
  if (access === 'own') return null
  // The router has set the parameters of the path.
  const params = request.params as IdentityParams
  if (access === 'identity') return hub.authentication.admit(identityOf(params), credentialsOf(request))
  if (access.orModule === true && request.headers[EDGE_CALLER] !== undefined)
    return hub.authentication.admit(edgeCaller(request), credentialsOf(request))
  const credentials = credentialsOf(request)
  const { sasToken } = credentials
  const fromBackEnd =
    sasToken === undefined ? credentials.certificates === undefined : POLICY_NAME.test(sasToken)
  if (access.orDevice === true && !fromBackEnd)
    return hub.authentication.admit({ deviceId: params.deviceId }, credentials)
  const target = hasIdentity(params) ? identityOf(params) : undefined
  return hub.authentication.authorize(sasToken, access.service, target)
}
