/** Refusals of configurations. */

import { HubError, type HubErrorKind } from '../errors/errors.ts'

export function configurationError(
  kind: HubErrorKind,
  message: string,
  expected: string,
  received: string,
): HubError {
  return new HubError(kind, message, {
    rule: 'WIRE-CFG-01',
    expected,
    received: received.slice(0, 200),
    source: 'wire contract 7.4',
  })
}
