/** The user name of a device that asks for its hub (DPS-CONN-01, DPS-CONN-02, DPS-CONN-04, DPS-CONN-10). */

import type { Hub } from '../../core/contract/hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { isApiVersion } from '../../provisioning/contract/api-version.ts'

export interface RegistrationUserName {
  readonly idScope: string
  readonly registrationId: string
  readonly apiVersion: string
}

/** Whether CONNECT is meant for the provisioning service: `{scope}/registrations/…`, and the first part is not the hub. */
export function isForProvisioning(
  username: string,
  { hostName, settings }: Pick<Hub, 'hostName' | 'settings'>,
): boolean {
  const [first = '', second, third] = username.split('/')
  if (second !== 'registrations' || third === undefined) return false
  const host = first.toLowerCase().replace(/:\d+$/, '')
  return ![hostName, ...settings.aliases].some((name) => name.toLowerCase() === host)
}

/**
 * `{idScope}/registrations/{registrationId}/api-version={version}[&ClientVersion=…]`; a `?` before the properties and
 * unknown ones are accepted, and of two of one name the first counts.
 * @throws HubError GenericUnauthorized.
 */
export function parseRegistrationUserName(username: string): RegistrationUserName {
  const [idScope = '', , registrationId = '', ...rest] = username.split('/')
  const properties = new Map<string, string>()
  for (const pair of rest.join('/').replace(/^\?/, '').split('&')) {
    const [name = '', ...value] = pair.split('=')
    if (!properties.has(name)) properties.set(name, value.join('='))
  }
  const apiVersion = properties.get('api-version')
  if (idScope !== '' && registrationId !== '' && apiVersion !== undefined && isApiVersion(apiVersion))
    return { idScope, registrationId, apiVersion }
  throw new HubError({
    kind: 'GenericUnauthorized',
    message: 'Unauthorized',
    rule: 'DPS-CONN-04',
    expected: 'user name {idScope}/registrations/{registrationId}/api-version=yyyy-MM-dd',
    received: JSON.stringify(username.slice(0, 300)),
  })
}
