/** What a device that asks for its hub can do wrong on its connection. */

import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { ANSWERS } from './topics.ts'

export function foreignClientId(clientId: string, registrationId: string): HubError {
  return unauthorized(
    'DPS-CONN-03',
    `the client id to be the registration id in the user name, ${quoted(registrationId)}`,
    `client id ${quoted(clientId)}`,
  )
}

export function hasWill(topic: string): HubError {
  return unauthorized('DPS-CONN-01', 'no will', `a will on the topic ${quoted(topic)}`)
}

export function otherFilter(filter: string): HubError {
  return badRequest('DPS-SUB-04', `the filter ${ANSWERS}`, `filter ${quoted(filter)}`)
}

export function otherTopic(topic: string): HubError {
  return badRequest(
    'DPS-REG-15',
    'a PUBLISH to $dps/registrations/PUT/iotdps-register/?$rid={rid} or $dps/registrations/GET/iotdps-get-operationstatus/?$rid={rid}&operationId={id}',
    `topic ${quoted(topic)}`,
  )
}

export function qos2(): HubError {
  return badRequest('DPS-REG-07', 'a PUBLISH of QoS 0 or 1', 'one of QoS 2')
}

export function tooLarge(bytes: number, limit: number): HubError {
  return badRequest('DPS-REG-15', `a message of at most ${String(limit)} bytes`, `one of ${String(bytes)}`)
}

/** The registration goes on, and nobody hears of it. */
export function noSubscription(topic: string): HubError {
  return badRequest(
    'DPS-CONN-05',
    `a subscription to ${ANSWERS} on this connection before a request`,
    `none: the answer ${topic.replace(/\?.*/s, '')} goes nowhere`,
  )
}

/** The hub itself is on no other WebSocket path than its own. */
export function notProvisioning(username: string): HubError {
  return unauthorized(
    'DPS-CONN-08',
    'the path /$iothub/websocket for the hub: on / and /mqtt is the provisioning service alone',
    `user name ${quoted(username)}`,
  )
}

function badRequest(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'GenericBadRequest', rule, expected, received })
}

function unauthorized(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'GenericUnauthorized', message: 'Unauthorized', rule, expected, received })
}
