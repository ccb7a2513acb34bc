/**
 * What holds for every document of an identity or a twin, wherever it stands: which fields there are and of which type
 * (docs/contract/registry.md#registry-shapes, docs/contract/twins.md#twins-service-document).
 */

import { field, type Fields, isFields } from './exchange.ts'

/** The answer that shows an identity. */
export type Answer = 'created' | 'updated' | 'read' | 'listed'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,6}[1-9])?Z$/
/** Of metadata, which may keep zeros. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z$/
const NEVER = '0001-01-01T00:00:00'
const KEY = /^[A-Za-z0-9+/]+={0,2}$/

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const count: Check = (value) => Number.isInteger(value) && Number(value) >= 0
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value)
const time: Check = (value) => text(value) && TIME.test(String(value))
const edge: Check = (value) =>
  isFields(value) && Object.keys(value).length === 1 && typeof value['iotEdge'] === 'boolean'
const scopes: Check = (value) =>
  Array.isArray(value) && value.every((one) => String(one).startsWith('ms-azure-iot-edge://'))
const thumbprints: Check = (value) =>
  isFields(value) &&
  Object.keys(value).length === 2 &&
  orNull(text)(value['primaryThumbprint']) &&
  orNull(text)(value['secondaryThumbprint'])
/** From 2021 on a twin with a thumbprint has names with a capital letter; its row has not. */
const twinThumbprints =
  (isNew: boolean): Check =>
  (value) =>
    isFields(value) &&
    thumbprints(namedAsOfIdentity(value)) &&
    Object.keys(value).every((name) => /^[A-Z]/.test(name) === (isNew && hasThumbprint(value)))
const hasThumbprint = (value: unknown): boolean =>
  Object.values(value as Fields).some((print) => print !== null)
const CREDENTIALS: Check = oneOf('sas', 'selfSigned', 'certificateAuthority', 'none')

/** A field that is there, may be there, or is not. */
type Shape = ReadonlyMap<string, { readonly check: Check; readonly isOptional: boolean }>

function shape(required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>>): Shape {
  const all = new Map<string, { readonly check: Check; readonly isOptional: boolean }>()
  for (const [name, check] of Object.entries(required)) all.set(name, { check, isOptional: false })
  for (const [name, check] of Object.entries(optional)) all.set(name, { check, isOptional: true })
  return all
}

function compared(document: Fields, expected: Shape): readonly string[] {
  const missing = [...expected].flatMap(([name, { isOptional }]) =>
    isOptional || Object.hasOwn(document, name) ? [] : [`${name} is missing`],
  )
  const wrong = Object.entries(document).flatMap(([name, value]) => {
    const known = expected.get(name)
    if (known === undefined) return [`${name} is there`]
    return known.check(value) ? [] : [`${name} is ${JSON.stringify(value)}`]
  })
  return [...missing, ...wrong]
}

const STATE = oneOf('Connected', 'Disconnected')

/** @returns what is wrong with the document of a device or module. */
export function identityProblems(document: unknown, answer: Answer, apiVersion: string): readonly string[] {
  if (!isFields(document)) return ['no object']
  const isModule = document['moduleId'] !== undefined
  const stamp: Check = (value) =>
    value === (answer === 'created' ? NEVER : `${NEVER}Z`) || (time(value) && value !== `${NEVER}Z`)
  const common = {
    ...{ deviceId: text, etag: text, connectionState: STATE, cloudToDeviceMessageCount: count },
    generationId: (value: unknown) => /^\d{15,20}$/.test(String(value)) && text(value),
    ...{ connectionStateUpdatedTime: stamp, lastActivityTime: stamp, authentication },
  }
  const since = (day: string, check: Check): Check => (apiVersion >= day ? check : () => false)
  const attributes = { attributes: since('2024-03-31', isFields) }
  const problems = compared(
    document,
    isModule
      ? shape({ ...common, moduleId: text, managedBy: orNull(text) }, attributes)
      : shape(
          {
            ...common,
            ...{ status: oneOf('enabled', 'disabled'), statusReason: orNull(text), statusUpdatedTime: stamp },
            ...(answer === 'listed' ? {} : { capabilities: edge }),
            ...(answer === 'created' && apiVersion >= '2020-06-30' ? { parentScopes: scopes } : {}),
          },
          {
            ...attributes,
            deviceScope: (value) => String(value).startsWith('ms-azure-iot-edge://'),
            ...(answer === 'listed'
              ? { capabilities: (value: unknown) => field(value, 'iotEdge') === true }
              : {}),
            ...(answer === 'created' && apiVersion >= '2020-06-30'
              ? {}
              : { parentScopes: since('2020-06-30', scopes) }),
          },
        ),
  )
  return [...problems, ...edgeScope(document)]
}

/** An edge device has a scope of its own generation; one that became it has none of its generation (WIRE-REG-44). */
function edgeScope(document: Fields): readonly string[] {
  if (field(document['capabilities'], 'iotEdge') !== true) return []
  const later = `ms-azure-iot-edge://${String(document['deviceId'])}-`
  const own = `${later}${String(document['generationId'])}`
  return [own, later].includes(String(document['deviceScope']))
    ? []
    : [`deviceScope is ${String(document['deviceScope'])}`]
}

/** The thumbprints of a twin, with the names that those of an identity have. */
export function namedAsOfIdentity(thumbprints: unknown): unknown {
  if (!isFields(thumbprints)) return thumbprints
  return Object.fromEntries(
    Object.entries(thumbprints).map(([name, print]) => [name.charAt(0).toLowerCase() + name.slice(1), print]),
  )
}

/** The type says which credentials there are. */
function authentication(value: unknown): boolean {
  if (!isFields(value) || Object.keys(value).length !== 3) return false
  const { symmetricKey: keys, x509Thumbprint: prints, type } = value
  if (!isFields(keys) || Object.keys(keys).length !== 2 || !thumbprints(prints)) return false
  const both = [keys['primaryKey'], keys['secondaryKey']]
  return (
    CREDENTIALS(type) &&
    both.every(type === 'sas' ? (key) => text(key) && KEY.test(String(key)) : (key) => key === null) &&
    hasThumbprint(prints) === (type === 'selfSigned')
  )
}

/** @returns what is wrong with a twin. @param isRow it is the row of a query. */
export function twinProblems(document: unknown, apiVersion: string, isRow: boolean): readonly string[] {
  if (!isFields(document)) return ['no object']
  const isModule = document['moduleId'] !== undefined
  const since = (day: string, check: Check): Check => (apiVersion >= day ? check : () => false)
  const problems = compared(
    document,
    shape(
      {
        ...{ deviceId: text, deviceEtag: text, status: oneOf('enabled', 'disabled'), connectionState: STATE },
        etag: (value) => Buffer.from(String(value), 'base64').length === 8,
        ...{ statusUpdateTime: time, lastActivityTime: time, cloudToDeviceMessageCount: count },
        ...{
          authenticationType: CREDENTIALS,
          x509Thumbprint: twinThumbprints(!isRow && apiVersion >= '2021'),
          properties: isFields,
        },
        version: (value) => count(value) && Number(value) >= 2,
        ...(apiVersion >= '2020-05-31' ? { modelId: text } : {}),
        ...(isModule ? { moduleId: text } : {}),
        ...(isModule && !isRow ? {} : { capabilities: edge }),
      },
      {
        ...{ statusReason: text, deviceScope: text, parentScopes: since('2020-06-30', scopes) },
        tags: (value) => isFields(value) && Object.keys(value).length > 0 && !hasNull(value),
        attributes: since('2024-03-31', isFields),
        configurations: isRow ? isFields : () => false,
      },
    ),
  )
  const sections = (['desired', 'reported'] as const).flatMap((name) =>
    sectionProblems(name, field(document['properties'], name)),
  )
  return [...problems, ...sections]
}

function hasNull(value: unknown): boolean {
  if (value === null) return true
  return isFields(value) && Object.values(value).some(hasNull)
}

interface Place {
  readonly name: string
  readonly isDesired: boolean
  readonly version: number
}

/** The metadata of a section mirrors its tree, and no part of it is newer than what holds it. */
function sectionProblems(name: 'desired' | 'reported', section: unknown): readonly string[] {
  if (!isFields(section)) return [`there is no ${name}`]
  const { $metadata: metadata, $version: version, ...properties } = section
  if (!count(version) || Number(version) < 1) return [`the version of ${name} is ${String(version)}`]
  return mirrored(properties, metadata, {
    ...{ name, isDesired: name === 'desired', version: Number(version) },
  })
}

function mirrored(value: unknown, metadata: unknown, place: Place): readonly string[] {
  const { name, isDesired, version } = place
  if (!isFields(metadata)) return [`${name} has no metadata`]
  if (value === null) return [`${name} is null`]
  const {
    $lastUpdated: at,
    $lastUpdatedVersion: of,
    $lastUpdatedBy: _by,
    $lastUpdatedByDigest: _digest,
    ...below
  } = metadata
  const wrong: string[] = []
  if (!text(at) || !STAMP.test(String(at))) wrong.push(`${name} was last updated ${String(at)}`)
  if (of !== undefined && (!isDesired || !count(of) || Number(of) > version))
    wrong.push(`${name} was last updated at the version ${JSON.stringify(of)}`)
  const children = isFields(value) ? Object.keys(value) : []
  const described = Object.keys(below)
  if (children.length !== described.length || !children.every((child) => described.includes(child)))
    wrong.push(`the metadata of ${name} is of ${described.join(', ') || 'nothing'}`)
  for (const child of children) {
    const inner = below[child]
    if (Date.parse(String(field(inner, '$lastUpdated'))) > Date.parse(String(at)))
      wrong.push(`${name}.${child} is newer than ${name}`)
    if (Number(field(inner, '$lastUpdatedVersion') ?? 0) > Number(of ?? version))
      wrong.push(`${name}.${child} has a later version than ${name}`)
    wrong.push(...mirrored(field(value, child), inner, { ...place, name: `${name}.${child}` }))
  }
  return wrong
}
