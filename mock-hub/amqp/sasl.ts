/**
 * SASL mechanisms of the hub (docs/contract/amqp.md#amqp-sasl). With ANONYMOUS, EXTERNAL and MSSBCBS the client
 * authenticates later, by tokens or its certificate; with PLAIN it does so at once.
 */

import type { Hub } from '../core/contract/hub.ts'
import { AmqpViolation } from './codec/malformed.ts'
import type { Performatives } from './codec/performative-fields.ts'
import { grantOfPassword, unauthorized } from './grants.ts'
import type { Grant } from './grants.ts'

export const MECHANISMS = ['MSSBCBS', 'ANONYMOUS', 'EXTERNAL', 'PLAIN'] as const

export const SASL_OK = 0
/** The code of every refusal (WIRE-AMQP-14). */
export const SASL_SYS = 2
/** Beside the code of success. */
export const WELCOME = Buffer.from('Welcome!')

/**
 * Authenticates by a sasl-init.
 * @param registers takes the identity of PLAIN when it is a registration. @returns whether it is one.
 * @returns the grant of PLAIN; undefined: the mechanism has none.
 * @throws HubError, AmqpViolation.
 */
export function authenticate(
  hub: Hub,
  { mechanism, initialResponse }: Performatives['saslInit'],
  registers: (userName: string, password: string) => boolean = () => false,
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
          'authorization id, user name and password, with a zero byte between them',
          'less',
        )
      return registers(userName, password) ? undefined : grantOfPassword(hub, userName, password)
    }
    default:
      throw unauthorized(
        'WIRE-AMQP-01',
        `one of ${MECHANISMS.join(', ')}`,
        `SASL mechanism ${JSON.stringify(mechanism)}`,
      )
  }
}

/** The frame for the journal, without credentials. */
export function redacted({ mechanism, hostname }: Performatives['saslInit']): object {
  return { mechanism, hostname, initialResponse: '***' }
}
