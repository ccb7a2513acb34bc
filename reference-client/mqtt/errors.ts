/**
 * Turns CONNACK return codes into the documented errors.
 * Source: docs/contract/client/errors.md#client-errors-connack; decision D-33.
 */

import type { IoTHubError } from '../core/errors/iot-hub-error.ts'
import { connectionFailed, credentialsRefused, protocolFailed } from '../net/errors.ts'

const MEANING: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
}

export function connackError(returnCode: number): IoTHubError {
  const cause = new Error(`CONNACK ${returnCode}: ${MEANING[returnCode] ?? 'unknown return code'}`)
  if (returnCode === 3) return connectionFailed(cause)
  if (returnCode === 4 || returnCode === 5) return credentialsRefused(cause)
  return protocolFailed(cause)
}
