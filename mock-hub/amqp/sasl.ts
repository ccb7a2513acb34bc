/** SASL as the hub offers it (wire contract 8.1): ANONYMOUS, EXTERNAL and MSSBCBS let in and leave the proof to tokens and certificates; PLAIN brings one along. */

import type { Hub } from '../core/contract/hub.ts'
import { AmqpViolation } from './codec/malformed.ts'
import type { Performatives } from './codec/performative-fields.ts'
import { grantOfPassword, unauthorized } from './grants.ts'
import type { Grant } from './grants.ts'

export const MECHANISMS = ['MSSBCBS', 'ANONYMOUS', 'EXTERNAL', 'PLAIN'] as const

export const SASL_OK = 0
export const SASL_AUTH = 1

/**
 * Judges a SASL init.
 * @returns what PLAIN has proven; undefined: nothing was shown.
 * @throws HubError, AmqpViolation.
 */
export function judge(
  hub: Hub,
  { mechanism, initialResponse }: Performatives['saslInit'],
): Grant | undefined {
  switch (mechanism) {
    case 'ANONYMOUS':
    case 'EXTERNAL':
    case 'MSSBCBS':
      return undefined
    case 'PLAIN': {
      const [, userName, password] = (initialResponse ?? Buffer.alloc(0)).toString('utf8').split('\0')
      if (userName === undefined || password === undefined)
        throw new AmqpViolation(
          'amqp:decode-error',
          'authorization id, user name and password, each after a zero',
        )
      return grantOfPassword(hub, userName, password)
    }
    default:
      throw unauthorized(
        'WIRE-AMQP-01',
        `one of ${MECHANISMS.join(', ')}`,
        `SASL mechanism ${JSON.stringify(mechanism)}`,
      )
  }
}

/** As the journal may hold it. */
export function redacted({ mechanism, hostname }: Performatives['saslInit']): object {
  return { mechanism, hostname, initialResponse: '***' }
}
