/** A module that calls through an Edge gateway names itself in a header (WIRE-MOD-06, docs/contract/methods.md). */

import type { FastifyRequest } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'
import { isValidId, type Identity } from '../../core/contract/identity.ts'

/** The header `x-ms-edge-moduleId: {deviceId}/{moduleId}`, in lower case as Node gives it. */
export const EDGE_CALLER = 'x-ms-edge-moduleid'

/** Whether the request comes through a gateway, where error bodies are `{"message": …}`. */
export function throughGateway(request: FastifyRequest): boolean {
  const { access } = request.routeOptions.config
  return typeof access === 'object' && access.orModule === true && request.headers[EDGE_CALLER] !== undefined
}

/** The module that the header names. @throws HubError ArgumentInvalid when it names none. */
export function edgeCaller(request: FastifyRequest): Identity {
  const header = String(request.headers[EDGE_CALLER])
  const [deviceId = '', moduleId = '', ...rest] = header.split('/')
  if (isValidId(deviceId) && isValidId(moduleId) && rest.length === 0) return { deviceId, moduleId }
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: `${EDGE_CALLER} must be {deviceId}/{moduleId}`,
    rule: 'WIRE-MOD-06',
    expected: `${EDGE_CALLER}: {deviceId}/{moduleId}`,
    received: header.slice(0, 300),
  })
}
