/** The node `$cbs`: clients put tokens there (WIRE-AMQP-02, WIRE-AMQP-03). */

import { HubError } from '../core/errors/hub-error.ts'
import { grantOfToken } from './grants.ts'
import type { Answer } from './request-node.ts'
import type { ConnectionContext } from './connection-context.ts'
import { bodyOf } from './codec/messages.ts'
import type { AmqpMessage } from './codec/messages.ts'
import { textOf } from './codec/values.ts'

/** Handles `put-token`. @throws HubError with the reason. */
export function putToken({ hub, tokens }: ConnectionContext, request: AmqpMessage): Answer {
  const operation = textOf(request.application?.get('operation'))
  const audience = textOf(request.application?.get('name'))
  if (operation !== 'put-token' || audience === undefined)
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-AMQP-02',
      expected: 'application properties operation=put-token and name=…',
      received: `operation ${JSON.stringify(operation)} and name ${JSON.stringify(audience)}`,
    })
  // `type` is not checked: Python's Event Hubs client says `jwt` and sends a SAS token (docs/contract/amqp.md#amqp-cbs-types).
  tokens.put(grantOfToken(hub, audience, bodyOf(request).toString('utf8')))
  return { status: 200, description: 'OK' }
}
