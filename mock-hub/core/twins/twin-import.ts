/** Sections of twins that come with their history: from a bulk entry or an import file. */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import type { SectionImport, TwinSection } from '../contract/twins.ts'
import { mergeAnnotated, NOTHING } from './merge-patch.ts'
import { checkPatch, checkSize } from './twin-limits.ts'

const EMPTY = { properties: NOTHING, metadata: NOTHING }

/**
 * The section that an import makes: given metadata wins, and only with it the given `$version` (WIRE-JOB-06).
 * @param stamp metadata of each node for which there is none.
 * @param version without a given one.
 * @throws HubError ArgumentInvalid, DeviceModelMaxPropertiesExceeded.
 */
export function importedSection(
  name: 'desired' | 'reported',
  { properties: given, metadata: known, version: wanted }: SectionImport,
  stamp: JsonObject,
  version: number,
): TwinSection {
  checkPatch(name, given)
  const { properties, metadata } = mergeAnnotated(EMPTY, given, stamp)
  checkSize(name, properties)
  if (known === undefined) return { properties, metadata, version }
  return {
    properties,
    metadata: overlaid(metadata, known, properties),
    version: Number.isSafeInteger(wanted) && Number(wanted) > 0 ? Number(wanted) : version,
  }
}

/** What the file says of a node stands over the stamp; of nodes that are not there it says nothing. */
function overlaid(stamped: JsonObject, known: JsonObject, properties: JsonObject): JsonObject {
  const metadata = new Map<string, Json>(Object.entries(stamped))
  const { $lastUpdated, $lastUpdatedVersion } = known
  if (typeof $lastUpdated === 'string') metadata.set('$lastUpdated', $lastUpdated)
  if (typeof $lastUpdatedVersion === 'number') metadata.set('$lastUpdatedVersion', $lastUpdatedVersion)
  for (const [key, value] of Object.entries(properties)) {
    const stamp = own(stamped, key)
    const said = own(known, key)
    if (isObject(stamp) && isObject(said))
      metadata.set(key, overlaid(stamp, said, isObject(value) ? value : NOTHING))
  }
  return objectOf(metadata)
}
