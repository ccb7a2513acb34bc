/** The versions of the service that a client may name: `2019-03-31`, `2017-08-31-preview` (DPS-CONN-01, DPS-HTTP-01). */

/** The form of an api-version, in words. */
export const API_VERSION_FORM = 'api-version to be yyyy-MM-dd or yyyy-MM-dd-preview'

export function isApiVersion(text: string): boolean {
  return /^\d{4}-\d\d-\d\d(-preview)?$/.test(text)
}
