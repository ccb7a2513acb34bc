/** The digital-twin view of a device twin: properties at the root, components by their `__t` marker (docs/contract/digital-twins.md). */

import { isObject, objectOf, own, type Json, type JsonObject } from '../../base/json.ts'
import type { IfMatch } from '../contract/registry.ts'
import type { DigitalTwins, PatchStep } from '../contract/services/digital-twins.ts'
import type { TwinDocument, Twins, TwinSection, TwinUpdate } from '../contract/twins.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { replacementPatch } from './twin-difference.ts'

/** A name of DTDL: letters, digits and underscores, no digit first, no underscore at either end. */
const DTDL_NAME = /^[A-Za-z](\w{0,62}[A-Za-z0-9])?$/
const DEEPEST_VALUE = 5

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
    const { desired } = this.#twins.get({ deviceId })
    return this.#twins.patch({ deviceId }, updateOfPatch(steps, desired.properties), ifMatch)
  }
}

export function digitalTwinDocument({ identity, modelId, desired, reported }: TwinDocument): JsonObject {
  return {
    $dtId: identity.deviceId,
    ...properties(desired, reported, {
      $model: modelId,
    }),
  }
}

type Section = Pick<TwinSection, 'properties' | 'metadata'>

function properties(
  { properties: desired, metadata: versions }: Section,
  { properties: reported, metadata: times }: Section,
  metadata: JsonObject,
): JsonObject {
  const values = new Map<string, Json>()
  const about = new Map(Object.entries(metadata))
  for (const name of new Set([...Object.keys(desired), ...Object.keys(reported)])) {
    if (name === '__t') continue
    const wanted = own(desired, name)
    const type = own(reported, name)
    const version = objectOr(own(versions, name))
    const time = objectOr(own(times, name))
    if (isComponent(wanted) || isComponent(type)) {
      const below = { properties: objectOr(wanted), metadata: version }
      values.set(name, properties(below, { properties: objectOr(type), metadata: time }, {}))
      continue
    }
    const acknowledged =
      isObject(type) && 'value' in type && ('ac' in type || 'av' in type) ? type : undefined
    const value = acknowledged === undefined ? type : acknowledged['value']
    if (value !== undefined) values.set(name, value)
    const desiredVersion = version['$lastUpdatedVersion']
    const lastUpdated = time['$lastUpdated']
    about.set(name, {
      ...(wanted === undefined ? {} : { desiredValue: wanted }),
      ...(wanted === undefined || desiredVersion === undefined ? {} : { desiredVersion }),
      ...(acknowledged?.['av'] === undefined ? {} : { ackVersion: acknowledged['av'] }),
      ...(acknowledged?.['ac'] === undefined ? {} : { ackCode: acknowledged['ac'] }),
      ...(acknowledged?.['ad'] === undefined ? {} : { ackDescription: acknowledged['ad'] }),
      ...(lastUpdated === undefined ? {} : { lastUpdateTime: lastUpdated }),
    })
  }
  return { ...objectOf(values), $metadata: objectOf(about) }
}

/**
 * The update of desired properties that a JSON patch describes. A value replaces what stands at its path (WIRE-DTW-04).
 * @param current the desired properties as they are.
 * @throws HubError ArgumentInvalid for a path, name or value that a digital twin cannot have.
 */
export function updateOfPatch(steps: readonly PatchStep[], current: JsonObject): TwinUpdate {
  let desired: JsonObject = {}
  for (const { op, path, value } of steps) {
    const names = path
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (!path.startsWith('/')) throw badPatch('path: /property or /component/property', path)
    for (const name of names) checkName(name)
    if (op !== 'remove' && value === undefined) throw badPatch(`value, for ${op}`, 'none')
    const given: Json = op === 'remove' ? null : componentValue(value ?? null)
    checkValue(names.at(-1) ?? '', given, isComponent(given) ? 0 : 1)
    const former = names.reduce<Json | undefined>((object, name) => own(objectOr(object), name), current)
    const replaced = isObject(given) && isObject(former) ? replacementPatch(former, given) : given
    const nested = names.reduceRight<Json>(
      (inner, name, index) =>
        // A property below the first name belongs to a component, which the device recognises by the marker.
        index === 1 && names.length > 1 ? { __t: 'c', [name]: inner } : { [name]: inner },
      replaced,
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

function checkName(name: string): void {
  if (DTDL_NAME.test(name)) return
  throw notConformant(name, 'WIRE-DTW-02', 'a name of 1 to 64 letters, digits and underscores', quoted(name))
}

/** @param level 1 for the value of a property, 0 for a component. */
function checkValue(property: string, value: Json, level: number): void {
  const rule = 'WIRE-DTW-03'
  if (Array.isArray(value)) throw notConformant(property, rule, 'no array', 'an array')
  if (!isObject(value)) return
  if (level > DEEPEST_VALUE)
    throw notConformant(property, rule, `at most ${String(DEEPEST_VALUE)} levels`, `${String(level)} levels`)
  for (const [name, below] of Object.entries(value)) {
    if (level === 0 && name === '__t') continue
    checkName(name)
    checkValue(level === 0 ? name : property, below, level + 1)
  }
}

function notConformant(property: string, rule: string, expected: string, received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `'${property.slice(0, 120)}' exists within the device twin and is not digital twin conformant property. Please refer to aka.ms/dtpatch to update this to be conformant.`,
    rule,
    expected,
    received,
  })
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
