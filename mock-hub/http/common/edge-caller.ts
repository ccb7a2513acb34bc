/** A module that calls through the gateway says who it is in a header (wire contract 4.5, WIRE-MOD-06). */

import type { FastifyRequest } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'
import { isValidId, type Identity } from '../../core/contract/identity.ts'

/** `x-ms-edge-moduleId: {callerDevice}/{callerModule}`, as node spells header names. */
export const EDGE_CALLER = 'x-ms-edge-moduleid'

/** Whether the gateway's manners hold for this request: its errors are `{"message": …}`. */
export function throughGateway(request: FastifyRequest): boolean {
  const { access } = request.routeOptions.config
  return typeof access === 'object' && access.orModule === true && request.headers[EDGE_CALLER] !== undefined
}

/** @throws HubError ArgumentInvalid when the header does not name a module. */
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
