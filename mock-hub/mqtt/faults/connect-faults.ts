/** Faults that are injected when CONNECT arrives, before authentication. */

import type { Connection } from '../connection.ts'
import { number } from './packet-faults.ts'

/** Effects of `mqtt.connack` that come instead of authentication. */
const EFFECTS = ['code', 'withhold', 'close']
/** CONNACK return code: not authorized. */
const NOT_AUTHORIZED = 5

/** @returns true: a fault has refused the CONNECT, closed the connection, or leaves the CONNECT unanswered. */
export function injectConnectFault(connection: Connection, clientId: string): boolean {
  const { hub, info, responder } = connection
  const refuse = (returnCode: number): void => {
    responder.refuseConnect(returnCode)
    connection.close('refused')
  }
  if (hub.deviceFaults.breaks(clientId, info.transport) !== undefined) {
    connection.drop('fault')
    return true
  }
  const ordered = hub.deviceFaults.refusal(clientId)
  // A device that is throttled or over its quota connects, and its messages are acknowledged.
  if (ordered?.kind === 'IotHubUnauthorizedAccess') {
    connection.refused(ordered)
    refuse(NOT_AUTHORIZED)
    return true
  }

  const match = hub.faults.idle ? undefined : hub.faults.match('mqtt.connack', clientId, EFFECTS)
  if (match === undefined) return false
  if (match.effect === 'close') connection.close('fault')
  if (match.effect !== 'code') return true
  const returnCode = number(match.parameters['code'], NOT_AUTHORIZED)
  if (returnCode !== 0) refuse(returnCode)
  return returnCode !== 0
}
