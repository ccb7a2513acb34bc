/** Faults that a device orders by a property of a message (docs/faults.md), on its HTTPS requests. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { Hub } from '../../core/contract/hub.ts'
import { identityKey } from '../../core/contract/identity.ts'
import type { Message } from '../../core/contract/message.ts'
import type { Caller } from '../../core/contract/operations.ts'

/** While a fault is in force, requests of its device are refused, or lose their connection. */
export function injectOrderedFaults(app: FastifyInstance<Server>, { deviceFaults }: Hub): void {
  app.addHook('preHandler', (request, reply, next) => {
    const { principal } = request
    if (deviceFaults.idle || principal?.type !== 'identity') {
      next()
      return
    }
    const identity = identityKey(principal.identity)
    if (deviceFaults.breaks(identity, 'https') === undefined) next(deviceFaults.refusal(identity))
    else breakConnection(request, reply)
  })
}

/**
 * Starts the fault that one of the messages orders.
 * @returns whether the connection is to be broken in place of an answer.
 */
export function beginOrderedFault(
  { deviceFaults }: Hub,
  caller: Caller,
  messages: readonly Message[],
): boolean {
  for (const { properties } of messages) {
    const order = deviceFaults.orderIn(properties)
    if (order === undefined) continue
    deviceFaults.begin(identityKey(caller.principal.identity), order)
    return order.breaks === 'tcp' && order.delayMs === 0
  }
  return false
}

export function breakConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack()
  request.raw.socket.destroy()
  return reply
}
