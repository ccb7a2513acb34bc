/**
 * Faults of the device API and of method calls by modules: `http.status`, `.delay`, `.close`, `.refuse`, `.body`
 * (docs/faults.md). They fire when the request has been authenticated and read: the client has done its part.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { Json } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { HUB_ERRORS, type HubErrorKind } from '../../core/errors/catalogue.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { identityKey } from '../../core/contract/identity.ts'
import { refusalBody } from './errors.ts'

const POINT = 'http'

/** Injects armed faults before the handlers run. */
export function injectFaults(app: FastifyInstance<Server>, hub: Hub): void {
  app.addHook('preHandler', async (request, reply) => {
    if (hub.faults.idle || request.principal?.type !== 'identity') return
    const injected = hub.faults.match(POINT, identityKey(request.principal.identity))
    if (injected === undefined) return
    await inject(hub, request, reply, injected.effect, injected.parameters)
  })
}

async function inject(
  hub: Hub,
  request: FastifyRequest,
  reply: FastifyReply,
  effect: string,
  parameters: Readonly<Record<string, Json>>,
): Promise<void> {
  switch (effect) {
    case 'delay':
      await new Promise<void>((resolve) =>
        hub.clock.schedule(numberOf(parameters['seconds'], 1) * 1000, resolve),
      )
      return
    case 'status':
      await answerStatus(hub, request, reply, numberOf(parameters['status'], 500))
      return
    case 'body':
      await reply
        .code(200)
        .type('application/json; charset=utf-8')
        .serializer((text: string) => text)
        .send(typeof parameters['body'] === 'string' ? parameters['body'] : 'this is not JSON')
      return
    case 'close':
    case 'refuse':
      reply.hijack()
      request.raw.socket.destroy()
      return
  }
}

/** Answers with the error body that the service sends for this status; a status below 400 has no body. */
async function answerStatus(
  hub: Hub,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
): Promise<void> {
  void reply.code(status)
  if (status < 400) {
    await reply.send()
    return
  }
  const error = new HubError({
    kind: kindOf(status),
    message: 'A fault was injected.',
    rule: 'http.status',
    expected: 'no fault',
    received: `the fault http.status with status ${String(status)}`,
  })
  await reply.header('iothub-errorcode', error.kind).send(refusalBody(hub, error, request))
}

function kindOf(status: number): HubErrorKind {
  // The keys of the catalogue are the error kinds.
  const kinds = Object.keys(HUB_ERRORS) as HubErrorKind[]
  return kinds.find((kind) => HUB_ERRORS[kind].status === status) ?? 'ServerError'
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
