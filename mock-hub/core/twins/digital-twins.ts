/** The digital-twin view of a device twin: properties at the root, components by their `__t` marker (docs/contract/digital-twins.md). */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import type { IfMatch } from '../contract/registry.ts'
import type { DigitalTwins, PatchStep } from '../contract/services/digital-twins.ts'
import type { TwinDocument, Twins, TwinUpdate } from '../contract/twins.ts'
import { HubError } from '../errors/hub-error.ts'

export class HubDigitalTwins implements DigitalTwins {
  readonly #twins: Twins

  constructor(twins: Twins) {
    this.#twins = twins
  }

  get(deviceId: string): { readonly document: JsonObject; readonly etag: string } {
    const twin = this.#twins.get({ deviceId })
    return { document: digitalTwinDocument(twin), etag: twin.etag }
  }

  patch(deviceId: string, steps: readonly PatchStep[], ifMatch: IfMatch): { readonly etag: string } {
    return this.#twins.patch({ deviceId }, updateOfPatch(steps), ifMatch)
  }
}

export function digitalTwinDocument({ identity, modelId, desired, reported }: TwinDocument): JsonObject {
  return {
    $dtId: identity.deviceId,
    ...properties(desired.properties, reported.properties, reported.metadata, {
      $model: modelId,
    }),
  }
}

function properties(
  desired: JsonObject,
  reported: JsonObject,
  times: JsonObject,
  metadata: JsonObject,
): JsonObject {
  const values = new Map<string, Json>()
  const about = new Map(Object.entries(metadata))
  for (const name of new Set([...Object.keys(desired), ...Object.keys(reported)])) {
    if (name === '__t') continue
    const wanted = own(desired, name)
    const type = own(reported, name)
    const time = own(times, name)
    if (isComponent(wanted) || isComponent(type)) {
      values.set(name, properties(objectOr(wanted), objectOr(type), objectOr(time), {}))
      continue
    }
    const acknowledged =
      isObject(type) && 'value' in type && ('ac' in type || 'av' in type) ? type : undefined
    const value = acknowledged === undefined ? type : acknowledged['value']
    if (value !== undefined) values.set(name, value)
    const lastUpdated = objectOr(time)['$lastUpdated']
    about.set(name, {
      ...(wanted === undefined ? {} : { desiredValue: wanted }),
      ...(acknowledged?.['av'] === undefined ? {} : { ackVersion: acknowledged['av'] }),
      ...(acknowledged?.['ac'] === undefined ? {} : { ackCode: acknowledged['ac'] }),
      ...(acknowledged?.['ad'] === undefined ? {} : { ackDescription: acknowledged['ad'] }),
      ...(lastUpdated === undefined ? {} : { lastUpdateTime: lastUpdated }),
    })
  }
  return { ...objectOf(values), $metadata: objectOf(about) }
}

/**
 * The update of desired properties that a JSON patch describes.
 * @throws HubError ArgumentInvalid.
 */
export function updateOfPatch(steps: readonly PatchStep[]): TwinUpdate {
  let desired: JsonObject = {}
  for (const { op, path, value } of steps) {
    const names = path
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (!path.startsWith('/') || names.some((name) => name === '' || name.startsWith('$')))
      throw badPatch('path: /property or /component/property', path)
    if (op !== 'remove' && value === undefined) throw badPatch(`value, for ${op}`, 'none')
    const given: Json = op === 'remove' ? null : componentValue(value ?? null)
    const nested = names.reduceRight<Json>(
      (inner, name, index) =>
        // A property below the first name belongs to a component, which the device recognises by the marker.
        index === 1 && names.length > 1 ? { __t: 'c', [name]: inner } : { [name]: inner },
      given,
    )
    if (isObject(nested)) desired = merged(desired, nested)
  }
  return { desired }
}

/** A value with `$metadata` is a whole component. */
function componentValue(value: Json): Json {
  if (!isObject(value) || !('$metadata' in value)) return value
  const rest: Record<string, Json> = { __t: 'c', ...value }
  delete rest['$metadata']
  return rest
}

function merged(base: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(base))
  for (const [name, value] of Object.entries(patch)) {
    const below = result.get(name)
    result.set(name, isObject(value) && isObject(below) ? merged(below, value) : value)
  }
  return objectOf(result)
}

function badPatch(expected: string, received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `JSON patch: expected ${expected}; given: ${received.slice(0, 120)}`,
    rule: 'WIRE-TWIN-34',
    expected,
    received: received.slice(0, 120),
  })
}

function isComponent(value: Json | undefined): boolean {
  return isObject(value) && value['__t'] === 'c'
}

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
