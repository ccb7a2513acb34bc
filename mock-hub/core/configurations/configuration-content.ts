/** The content of configurations: desired properties of a device or of its modules. */

import { isObject, objectOf, own, type Json, type JsonObject, sameJson } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import { ticksOf } from '../../base/time-text.ts'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { IdentitySpec } from '../contract/registry.ts'
import type { ConfigurationContent, StoredConfiguration } from '../contract/services/configurations.ts'

/** A module of a deployment; the IoT Edge daemon gives it its keys. */
const DEPLOYED: IdentitySpec = { managedBy: 'IotEdge', authentication: { type: 'none' } }

/** The module that runs the others. A deployment that sets all its desired properties is a base deployment, others are layers. */
export const AGENT = '$edgeAgent'
const HUB = '$edgeHub'

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

/** @returns what is wrong with the content of a configuration for edge devices; undefined: nothing, or it is for others (WIRE-CFG-09). */
export function deploymentError(content: ConfigurationContent): string | undefined {
  if (!isDeployment(content)) return undefined
  if (isAbout(content, HUB) && !isAbout(content, AGENT))
    return `content.modulesContent with ${HUB} needs ${AGENT}`
  return Object.keys(content.deviceContent ?? {}).length === 0
    ? undefined
    : 'content has modulesContent or deviceContent, and not both'
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

/** Whether it is about the modules of edge devices. .NET writes an empty section where it has none. */
export function isDeployment({ modulesContent }: ConfigurationContent): boolean {
  return Object.keys(modulesContent ?? {}).length > 0
}

/** Whether a deployment has a section for a module. */
export function isAbout({ modulesContent }: ConfigurationContent, moduleId: string): boolean {
  return modulesContent != null && own(modulesContent, moduleId) !== undefined
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

/** A content, and the configuration that it comes from; without one the metadata names none. */
export interface SourcedContent {
  readonly content: ConfigurationContent
  readonly by?: Pick<StoredConfiguration, 'id' | 'createdAt'> | undefined
}

/** A section, and what the metadata of its values says of its configuration. */
interface SourcedSection {
  readonly section: JsonObject
  readonly origin: JsonObject
}

/** The digest is the time of the creation in .NET ticks: a content does not change (docs/contract/twins.md#wire-twin-33). */
function originOf({ by }: SourcedContent): JsonObject {
  if (by === undefined) return {}
  return { $lastUpdatedBy: by.id, $lastUpdatedByDigest: String(ticksOf(by.createdAt)) }
}

/**
 * Writes contents to an identity, later ones over earlier ones. A twin that already has all values is not written.
 * @throws HubError as `Twins.patch`.
 */
export function applyContent(
  hub: Pick<Hub, 'registry' | 'twins'>,
  identity: Identity,
  contents: readonly SourcedContent[],
): void {
  const own = contents.flatMap((one): SourcedSection[] => {
    const { deviceContent, moduleContent } = one.content
    const section = identity.moduleId === undefined ? deviceContent : moduleContent
    return section == null ? [] : [{ section, origin: originOf(one) }]
  })
  if (own.length > 0) merge(hub, identity, own)
  if (identity.moduleId !== undefined) return
  const modules = deployed(contents)
  for (const [moduleId, sections] of modules)
    replace(hub, { deviceId: identity.deviceId, moduleId }, sections)
  const agent = modules.get(AGENT)
  if (agent !== undefined) createListed(hub, identity.deviceId, overlay(agent.map(({ section }) => section)))
}

/** All contents, without the deployments below the last base deployment (docs/contract/configurations.md#wire-cfg-07). */
export function inForce<T extends SourcedContent>(contents: readonly T[]): readonly T[] {
  const base = contents.findLastIndex(({ content }) => isWhole(content.modulesContent?.[AGENT]))
  return contents.filter(({ content }, index) => index >= base || !isDeployment(content))
}

/** What the modules of an edge device get. A whole `properties.desired` of a layer replaces what is below it. */
function deployed(contents: readonly SourcedContent[]): ReadonlyMap<string, readonly SourcedSection[]> {
  const modules = new Map<string, readonly SourcedSection[]>()
  for (const one of inForce(contents))
    for (const [moduleId, section] of Object.entries(one.content.modulesContent ?? {})) {
      const below = isWhole(section) ? [] : (modules.get(moduleId) ?? [])
      modules.set(moduleId, [...below, { section, origin: originOf(one) }])
    }
  return modules
}

const isWhole = (section: JsonObject | undefined): boolean =>
  section !== undefined && own(section, 'properties.desired') !== undefined

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

/** A tree of the shape of the desired properties that holds the origin of each value. */
function originsOf(sections: readonly SourcedSection[]): JsonObject {
  return sections
    .map(({ section, origin }) => valuesTo(overlay([section]), origin))
    .reduce((below, above) => over(below, above), {})
}

function valuesTo(properties: JsonObject, origin: JsonObject): JsonObject {
  return objectOf(
    Object.entries(properties).map(([key, value]) => [
      key,
      isObject(value) ? valuesTo(value, origin) : origin,
    ]),
  )
}

function merge(hub: Pick<Hub, 'twins'>, identity: Identity, sections: readonly SourcedSection[]): void {
  const desired = overlay(sections.map(({ section }) => section))
  const { properties } = hub.twins.get(identity).desired
  if (!says(properties, desired))
    hub.twins.patch(identity, { desired, desiredMetadata: originsOf(sections) }, '*')
}

/** Creates a module that the deployment lists and that does not exist, and replaces its desired properties. */
function replace(
  hub: Pick<Hub, 'registry' | 'twins'>,
  identity: Identity,
  sections: readonly SourcedSection[],
): void {
  const desired = overlay(sections.map(({ section }) => section))
  if (hub.registry.find(identity) === undefined) hub.registry.create(identity, DEPLOYED)
  const twin = hub.twins.get(identity)
  if (!sameJson(twin.desired.properties, desired))
    hub.twins.replace(identity, { tags: twin.tags, desired, desiredMetadata: originsOf(sections) }, '*')
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
