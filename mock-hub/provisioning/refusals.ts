/** The refusals of the provisioning service. */

import { shown } from '../base/shown.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'

/** A field of a body breaks a rule. @param rule the end of "expected {field} …". */
export function badField(field: string, rule: string, given: unknown, id = 'DPS-ENR-10'): HubError {
  return badRequest(id, `${field} ${rule}`, shown(field, given))
}

export function badRequest(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'GenericBadRequest', rule, expected, received })
}

/** The token does not fit: form, resource, expiry. */
export function badToken(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'GenericUnauthorized', message: 'Unauthorized', rule, expected, received })
}

/** The key or the certificate does not fit. */
export function badCredential(
  rule: string,
  expected: string,
  received: string,
  message = 'Unauthorized',
): HubError {
  return new HubError({ kind: 'IotHubUnauthorizedAccess', message, rule, expected, received })
}

export function enrollmentNotFound(kind: 'individual' | 'group', id: string): HubError {
  return new HubError({
    kind: kind === 'individual' ? 'ProvisioningNotFound' : 'ProvisioningGroupNotFound',
    message: kind === 'individual' ? 'Enrollment not found.' : 'Enrollment group not found.',
    rule: 'DPS-ENR-07',
    expected: kind === 'individual' ? 'an individual enrollment of this service' : 'a group of this service',
    received: quoted(id),
  })
}

export function registrationNotFound(registrationId: string): HubError {
  return new HubError({
    kind: 'ProvisioningNotFound',
    message: 'Registration not found.',
    rule: 'DPS-STATE-01',
    expected: 'a device that has registered',
    received: quoted(registrationId),
  })
}

export function notImplemented(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'ProvisioningNotImplemented', rule, expected, received })
}

/**
 * Compares an `If-Match` header with an etag; both may have one pair of quotes (DPS-ENR-05).
 * @throws HubError GenericPreconditionFailed.
 */
export function checkEtag(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  if (ifMatch.trim().replace(/^"(.*)"$/s, '$1') === etag) return
  throw new HubError({
    kind: 'GenericPreconditionFailed',
    message: 'Precondition failed.',
    rule: 'DPS-ENR-06',
    expected: `If-Match to be "${etag}" or *`,
    received: quoted(ifMatch),
  })
}
