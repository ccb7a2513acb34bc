/** Proves who calls a route and that he may (WIRE-AUTH-19, WIRE-AUTH-20), before anything of the body is read. */

import type { FastifyRequest } from 'fastify'
import type { DeviceCredentials, Hub, IdentityPrincipal, PolicyPrincipal } from '../core/contract.ts'
import type { Identity } from '../core/identity.ts'
import { identityOf, type Access, type IdentityParams } from './room.ts'
import { clientCertificates } from './client-certificate.ts'

/** The policy a token names; such a token comes from a back end or speaks for a device with the hub's key. */
const POLICY_NAME = /[\s&]skn=[^&]/i

/** What a device showed with this request: its `Authorization` header and its TLS client certificate. */
export function credentialsOf(request: FastifyRequest): DeviceCredentials {
  return {
    sasToken: request.headers.authorization,
    certificates: clientCertificates(request.raw.socket),
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
  const header = request.headers.authorization
  if (
    access.orDevice === true &&
    !(header !== undefined && POLICY_NAME.test(header)) &&
    showsSomething(request)
  )
    return hub.authentication.admit(speaker(params, header), credentialsOf(request))
  return hub.authentication.authorize(header, access.service)
}

function showsSomething(request: FastifyRequest): boolean {
  const { sasToken, certificates } = credentialsOf(request)
  return sasToken !== undefined || certificates !== undefined
}

/** On a device's own resource the device speaks, or the module that the token's `sr` names. */
function speaker(params: IdentityParams, header: string | undefined): Identity {
  const resource = /[\s&]sr=([^&\s]*)/i.exec(header ?? '')?.[1] ?? ''
  const moduleId = /(?:\/|%2f)modules(?:\/|%2f)(.+)$/i.exec(resource)?.[1]
  return moduleId === undefined
    ? { deviceId: params.deviceId }
    : { deviceId: params.deviceId, moduleId: decoded(moduleId) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
