/** Proves who calls a route and that he may (WIRE-AUTH-19, WIRE-AUTH-20), before anything of the body is read. */

import type { FastifyRequest } from 'fastify'
import { certificateChain } from '../../net/peer.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { DeviceCredentials, IdentityPrincipal, PolicyPrincipal } from '../../core/contract/principal.ts'
import { EDGE_CALLER, edgeCaller } from './edge-caller.ts'
import { type Access } from './route-context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

/** A token that names a policy comes from a back end, or speaks for a device with the hub's key. */
const POLICY_NAME = /[\s&]skn=[^&]/i

/** What a device showed with this request: its `Authorization` header and its TLS client certificate. */
export function credentialsOf(request: FastifyRequest): DeviceCredentials {
  const { socket } = request.raw
  return {
    sasToken: request.headers.authorization,
    certificates: certificateChain(socket),
  }
}

/**
 * @returns who calls; null when the handler proves it.
 * @throws HubError of `Authentication.admit` or `Authentication.authorize`.
 */
export function proveCaller(
  hub: Hub,
  access: Access,
  request: FastifyRequest,
): IdentityPrincipal | PolicyPrincipal | null {
  if (access === 'own') return null
  // The router has filled in the parameters that the route's path names.
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
  return hub.authentication.authorize(sasToken, access.service)
}
