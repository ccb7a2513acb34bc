import { HubError } from '../errors/hub-error.ts'

/**
 * The error for every credential that is refused.
 * @param message what the caller is told; the explanation says more.
 */
export function unauthorized(
  rule: string,
  expected: string,
  received: string,
  message = 'Unauthorized',
): HubError {
  return new HubError({ kind: 'IotHubUnauthorizedAccess', message, rule, expected, received })
}
