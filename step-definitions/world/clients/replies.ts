/** What a reply of the driver means: success, failure, not supported. */

import { AssertionError } from 'node:assert/strict'
import { capabilityOf, type DriverReply, type DriverRequest } from '../../driver/client-driver.ts'
import type { ClientUnderTest } from '../../driver/client-under-test.ts'
import { NotSupported } from '../errors.ts'

/**
 * Passes the reply on, unless the client does not support the request.
 * @throws NotSupported when the client does not claim the capability; AssertionError when it does.
 */
export function assertSupported(
  { hello: { capabilities } }: ClientUnderTest,
  request: DriverRequest,
  reply: DriverReply,
): DriverReply {
  if (!('unsupported' in reply)) return reply
  const { reason } = reply.unsupported
  const capability = capabilityOf(request)
  if (capability === undefined || !capabilities.includes(capability))
    throw new NotSupported(`${capability ?? request.do}: ${reason}`)
  throw new AssertionError({
    message: `The client claims ${capability} but does not support ${request.do}: ${reason}`,
  })
}

/** A reply in words. */
export function describeReply(reply: DriverReply): string {
  if ('ok' in reply) return `success: ${JSON.stringify(reply.ok)}`
  if ('unsupported' in reply) return `unsupported: ${reply.unsupported.reason}`
  const { kind, status, native } = reply.error
  return `${kind}${status === undefined ? '' : ` ${String(status)}`} (${native.type}: ${native.message})`
}
