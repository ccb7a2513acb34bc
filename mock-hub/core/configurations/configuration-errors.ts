/** Refusals of configurations. */

import type { HubErrorKind } from '../errors/catalogue.ts'
import { HubError } from '../errors/hub-error.ts'

export function configurationError(
  kind: HubErrorKind,
  message: string,
  expected: string,
  received: string,
): HubError {
  return new HubError({ kind, message, rule: 'WIRE-CFG-01', expected, received: received.slice(0, 200) })
}
