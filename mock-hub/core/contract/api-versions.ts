/** Which api-versions there are, and what the version of a caller decides. The only table of versions and features. */

import type { Json } from '../../base/json.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { Settings } from './settings.ts'

/**
 * The api-versions of the data plane: those that a shipped client sends, a public suite or sample uses, or Microsoft's
 * pages name (docs/contract/connecting.md#connecting-api-version-list has the source of each).
 */
export const API_VERSIONS: ReadonlySet<string> = new Set([
  '2015-08-15-preview',
  '2016-02-03',
  '2016-04-25-preview',
  '2016-04-30',
  '2016-09-30-preview',
  '2016-11-14',
  '2017-06-30',
  '2017-11-08-preview',
  '2018-03-01-preview',
  '2018-06-30',
  '2018-08-30-preview',
  '2019-03-30',
  '2019-06-30',
  '2019-07-01-preview',
  '2019-10-01',
  '2020-03-01',
  '2020-03-13',
  '2020-05-31-preview',
  '2020-06-30-preview',
  '2020-09-30',
  '2020-10-01-preview',
  '2021-04-12',
  '2022-04-30',
  '2024-03-31',
])

const DATE = /^\d{4}-\d\d-\d\d(-preview)?$/

/**
 * Refuses an api-version that the service does not know.
 * @param given undefined: none was given.
 * @param place where a caller says its api-version, for the explanation.
 * @throws HubError InvalidProtocolVersion.
 */
export function checkApiVersion(
  given: string | undefined,
  { anyApiVersion }: Pick<Settings, 'anyApiVersion'>,
  { rule, place }: { readonly rule: string; readonly place: string },
): void {
  if (given !== undefined && (API_VERSIONS.has(given) || (anyApiVersion && DATE.test(given)))) return
  const isDate = given !== undefined && DATE.test(given)
  throw new HubError({
    kind: 'InvalidProtocolVersion',
    message: 'BadRequest', // as captured
    rule,
    expected: isDate
      ? `${place} one of ${[...API_VERSIONS].join(', ')}; any date with the setting anyApiVersion`
      : `${place} yyyy-MM-dd or yyyy-MM-dd-preview`,
    received: given === undefined ? 'no api-version' : `api-version ${quoted(given)}`,
  })
}

/**
 * The first api-version that offers a feature:
 * - `twins` and `methods` over MQTT: without a version in the user name there are none (WIRE-CONN-13).
 * - `twinArrays`: arrays in twins, over MQTT and REST (WIRE-TWIN-42).
 * - `parentScopes`, `modelId`, `attributes`: fields of REST documents (docs/contract/registry.md#registry-shapes).
 */
export const SINCE = {
  twins: '2016-11-14',
  methods: '2016-11-14',
  twinArrays: '2019-10-01',
  modelId: '2020-05-31',
  parentScopes: '2020-06-30',
  attributes: '2024-03-31',
} as const

/** Names of what depends on an api-version. */
export type VersionedFeature = keyof typeof SINCE

/** Whether an api-version has a feature. @param apiVersion `yyyy-MM-dd` with an optional `-preview`; undefined: none was given. */
export function offers(feature: VersionedFeature, apiVersion: string | undefined): boolean {
  return apiVersion !== undefined && apiVersion >= SINCE[feature]
}

/**
 * Refuses twin operations of a device that has not said its api-version.
 * @throws HubError InvalidProtocolVersion.
 */
export function checkTwins(apiVersion: string | undefined): void {
  if (offers('twins', apiVersion)) return
  throw new HubError({
    kind: 'InvalidProtocolVersion',
    rule: 'WIRE-CONN-13',
    expected: `?api-version=${SINCE.twins} or later in the user name of a device that uses its twin`,
    received: apiVersion === undefined ? 'no api-version' : `api-version ${apiVersion}`,
  })
}

/**
 * Refuses arrays in the twin write of a caller whose api-version does not know them.
 * @throws HubError ArgumentInvalid, with the text of the service.
 */
export function checkTwinArrays(
  apiVersion: string | undefined,
  ...parts: readonly (Json | undefined)[]
): void {
  if (offers('twinArrays', apiVersion) || !parts.some(hasArray)) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: "Provided json is not a valid 'tags' or 'properties' object: arrays are not supported.",
    rule: 'WIRE-TWIN-42',
    expected: `api-version ${SINCE.twinArrays} or later for a twin with an array`,
    received: apiVersion === undefined ? 'no api-version' : `api-version ${apiVersion}`,
  })
}

function hasArray(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.values(value).some(hasArray)
}
