/** The content of configurations: desired properties of a device or of its modules. */

import { isObject, objectOf, own, type Json, type JsonObject, sameJson } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { IdentitySpec } from '../contract/registry.ts'
import type { ConfigurationContent } from '../contract/services/configurations.ts'

/** A module of a deployment; the IoT Edge daemon gives it its keys. */
const DEPLOYED: IdentitySpec = { managedBy: 'IotEdge', authentication: { type: 'none' } }

const PATH = /^properties\.desired(\.[^.]+)*$/

/** @returns what is wrong; undefined: nothing. */
export function contentError(content: ConfigurationContent | null | undefined): string | undefined {
  const sections = sectionsOf(content ?? {})
  if (sections.every(([, section]) => Object.keys(section).length === 0))
    return 'content needs deviceContent, modulesContent or moduleContent'
  for (const [name, section] of sections)
    for (const [path, value] of Object.entries(section)) {
      if (!PATH.test(path))
        return `content.${name}: keys begin with properties.desired; given: ${path.slice(0, 80)}`
      if (path === 'properties.desired' && !isObject(value))
        return `content.${name}: properties.desired must be an object`
    }
  return undefined
}

/** The content as the service API shows it: without missing sections. */
export function contentDocument({
  deviceContent,
  modulesContent,
  moduleContent,
}: ConfigurationContent): JsonObject {
  return {
    ...(deviceContent == null ? {} : { deviceContent }),
    ...(modulesContent == null ? {} : { modulesContent }),
    ...(moduleContent == null ? {} : { moduleContent }),
  }
}

function sectionsOf(content: ConfigurationContent): readonly (readonly [string, JsonObject])[] {
  return [
    ...(content.deviceContent == null ? [] : [['deviceContent', content.deviceContent] as const]),
    ...(content.moduleContent == null ? [] : [['moduleContent', content.moduleContent] as const]),
    ...Object.entries(content.modulesContent ?? {}).map(
      ([id, section]) => [`modulesContent.${id}`, section] as const,
    ),
  ]
}

/**
 * Writes contents to an identity, later ones over earlier ones. A twin that already has all values is not written.
 * @throws HubError as `Twins.patch`.
 */
export function applyContent(
  hub: Pick<Hub, 'registry' | 'twins'>,
  identity: Identity,
  contents: readonly ConfigurationContent[],
): void {
  const own = contents.flatMap(({ deviceContent, moduleContent }) => {
    const section = identity.moduleId === undefined ? deviceContent : moduleContent
    return section == null ? [] : [section]
  })
  if (own.length > 0) merge(hub, identity, overlay(own))
  if (identity.moduleId !== undefined) return
  // .NET writes an empty section where it has none.
  const modules = contents
    .map(({ modulesContent }) => modulesContent)
    .findLast((given) => Object.keys(given ?? {}).length > 0)
  for (const [moduleId, section] of Object.entries(modules ?? {}))
    replace(hub, { deviceId: identity.deviceId, moduleId }, overlay([section]))
  const agent = modules?.['$edgeAgent']
  if (agent !== undefined) createListed(hub, identity.deviceId, overlay([agent]))
}

/** `{ 'properties.desired.a.b': 1 }` is `{ a: { b: 1 } }`. */
export function overlay(sections: readonly JsonObject[]): JsonObject {
  let desired: JsonObject = {}
  for (const section of sections)
    for (const [path, value] of Object.entries(section)) {
      const steps = path.split('.').slice(2)
      const nested = steps.reduceRight<Json>((inner, step) => ({ [step]: inner }), value)
      if (isObject(nested)) desired = over(desired, nested)
    }
  return desired
}

function over(base: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(patch)) {
    const below = merged.get(key)
    merged.set(key, isObject(value) && isObject(below) ? over(below, value) : value)
  }
  return keepFloats(objectOf(merged), base, patch)
}

function merge(hub: Pick<Hub, 'twins'>, identity: Identity, desired: JsonObject): void {
  const { properties } = hub.twins.get(identity).desired
  if (!says(properties, desired)) hub.twins.patch(identity, { desired }, '*')
}

/** Creates a module that the deployment lists and that does not exist, and replaces its desired properties. */
function replace(hub: Pick<Hub, 'registry' | 'twins'>, identity: Identity, desired: JsonObject): void {
  if (hub.registry.find(identity) === undefined) hub.registry.create(identity, DEPLOYED)
  const twin = hub.twins.get(identity)
  if (!sameJson(twin.desired.properties, desired))
    hub.twins.replace(identity, { tags: twin.tags, desired }, '*')
}

/** Creates the identities of the modules that `$edgeAgent` runs. */
function createListed(hub: Pick<Hub, 'registry'>, deviceId: string, agent: JsonObject): void {
  const { modules } = agent
  if (!isObject(modules)) return
  for (const moduleId of Object.keys(modules))
    if (hub.registry.find({ deviceId, moduleId }) === undefined)
      hub.registry.create({ deviceId, moduleId }, DEPLOYED)
}

function says(properties: JsonObject, wanted: JsonObject): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    const type = own(properties, key)
    if (value === null) return type === undefined
    return isObject(value) && isObject(type) ? says(type, value) : sameJson(type, value)
  })
}
