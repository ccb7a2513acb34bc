/** How the provisioning service answers over HTTPS. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { Hub } from '../../core/contract/hub.ts'
import type { HubError } from '../../core/errors/hub-error.ts'
import type { Provisioning } from '../../provisioning/contract/provisioning.ts'
import { methodNotAllowed } from '../common/errors.ts'
import { errorAnswer } from '../../provisioning/contract/error-answer.ts'

/** The handlers authenticate; the hub's api-version, throttle and faults do not apply. */
export const OF_PROVISIONING = { access: 'own', throttle: 'none', versioned: false } as const

export type ProvisioningRoutes = (app: FastifyInstance<Server>, provisioning: Provisioning) => void

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Reports a refusal, and answers it: `x-ms-request-id` is the tracking id of the body (DPS-ERR-05). */
export function refuse(hub: Hub, error: HubError, request: FastifyRequest, reply: FastifyReply): void {
  const identity = registrationOf(request)
  hub.refuse(error, { transport: 'https', ...(identity === undefined ? {} : { identity }) })
  const { status, retryAfter, errorCode, trackingId, body } = errorAnswer(error, hub.clock.now())
  if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter))
  void reply
    .code(status)
    .type(JSON_TYPE)
    .header('x-ms-error-code', String(errorCode))
    .header('x-ms-request-id', trackingId)
    .send(body)
}

/** The registration id in the path of a device's request. */
export function registrationOf({ params }: FastifyRequest): string | undefined {
  const { scope, registrationId } = params as { readonly scope?: string; readonly registrationId?: string }
  return scope === undefined ? undefined : registrationId
}

/** A handler for the methods that a path does not have. */
export function noSuchMethod(request: FastifyRequest): never {
  throw methodNotAllowed(request, 'DPS-HTTP-01')
}
