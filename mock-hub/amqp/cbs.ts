/** The node `$cbs`: clients put tokens there (WIRE-AMQP-02, WIRE-AMQP-03). */

import { hubNameOf } from '../core/contract/connection-strings.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { grantOfToken, identityOf } from './grants.ts'
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
  try {
    tokens.put(grantOfToken(hub, audience, bodyOf(request).toString('utf8')))
  } catch (error) {
    throw error instanceof HubError ? described(error, audience, hub.hostName) : error
  }
  return { status: 200, description: 'OK' }
}

/** With the service's text where it is known (docs/contract/amqp.md#wire-amqp-03). */
function described(error: HubError, audience: string, hostName: string): HubError {
  const { kind, explanation } = error
  const { deviceId, moduleId } = identityOf(audience) ?? {}
  const unknown = kind === 'DeviceNotFound' || kind === 'ModuleNotFound' || kind === 'DeviceDisabled'
  const message =
    unknown && deviceId !== undefined
      ? `Device ${moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`} at IotHub ${hubNameOf(hostName)} not registered.`
      : TEXTS.get(explanation.rule)
  return message === undefined ? error : new HubError({ kind, ...explanation, message, info: error.info })
}

/** By the rule that the token breaks. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  [
    'WIRE-AUTH-02',
    'The specified SAS token has an invalid signature. It does not match either the primary or secondary key.',
  ],
  ['WIRE-AUTH-12', 'The specified SAS token is expired'],
])
