/** What the body of a twin write changes. Back ends send a twin back as they have read it. */

import type { Json, JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import type { TwinUpdate } from '../../core/contract/twins.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'

/** The writable parts of a twin; the schema of the route has checked their types. */
export interface TwinBody {
  tags?: JsonObject | null
  properties?: { desired?: JsonObject | null; reported?: JsonObject | null } | null
}

/** Fields of a twin that a write may repeat and cannot change (WIRE-TWIN-37). */
const READ_ONLY: ReadonlySet<string> = new Set([
  ...['deviceId', 'moduleId', 'etag', 'deviceEtag', 'version', 'modelId', '$metadata', '$version'],
  ...['status', 'statusReason', 'statusUpdateTime', 'connectionState', 'lastActivityTime'],
  ...['cloudToDeviceMessageCount', 'authenticationType', 'x509Thumbprint', 'capabilities'],
  ...['deviceScope', 'parentScopes', 'configurations', 'attributes', 'generationId'],
  // The Java SDK writes these, with the names that identities have for them.
  ...['statusUpdatedTime', 'connectionStateUpdatedTime'],
])
const SECTIONS: ReadonlySet<string> = new Set(['desired', 'reported'])

/**
 * Reported properties and the fields that the hub itself writes are ignored.
 * @param kind the refusal of a field that a twin does not have: the service has one for twins and one for jobs.
 * @throws HubError of that kind.
 */
export function updateOf(
  body: TwinBody,
  kind: 'ArgumentInvalid' | 'GenericBadRequest' = 'ArgumentInvalid',
): TwinUpdate {
  const { tags, properties } = body
  for (const field of Object.keys(body))
    if (field !== 'tags' && field !== 'properties' && !READ_ONLY.has(field)) throw unknownField(field, kind)
  for (const field of Object.keys(properties ?? {}))
    if (!SECTIONS.has(field)) throw unknownField(`properties.${field}`, kind)
  const given = properties?.desired
  const desired = given == null ? given : withoutOwn(given)
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(desired === undefined ? {} : { desired }),
  }
}

/** The hub writes `$version` and `$metadata`; what a body says of them is ignored. */
export function withoutOwn(section: JsonObject): JsonObject {
  const rest: Record<string, Json> = { ...section }
  delete rest['$version']
  delete rest['$metadata']
  return keepFloats(rest, section)
}

function unknownField(field: string, kind: 'ArgumentInvalid' | 'GenericBadRequest'): HubError {
  return new HubError({
    kind,
    ...(kind === 'GenericBadRequest' ? { message: 'BadRequest' } : {}),
    rule: 'WIRE-TWIN-40',
    expected: 'tags, properties.desired and fields that a twin has',
    received: quoted(field),
  })
}
