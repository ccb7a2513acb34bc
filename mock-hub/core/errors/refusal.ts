/** Short forms for refusals, so that a rule and its explanation stand on one line each where they are broken. */

import { HubError, type HubErrorKind } from './errors.ts'

/**
 * A HubError whose text for the caller is made of what was expected and what came.
 * @param rule id of the wire statement.
 * @param received holds no secret.
 */
export function refusal(
  kind: HubErrorKind,
  rule: string,
  expected: string,
  received: string,
  source: string,
): HubError {
  return new HubError(kind, `Expected ${expected}; given: ${received}.`, { rule, expected, received, source })
}

/** A text of a caller as it may stand in an explanation: quoted and not longer than needed. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 140 ? `${text.slice(0, 140)}…` : text)
}
