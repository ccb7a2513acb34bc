/** Requests that an OpenAPI document describes: valid ones, and valid ones with one lie. */

import type { FuzzRequest, Known } from './http-requests.ts'
import { conditionOf, queryOf } from './queries.ts'
import { pick, type Random } from './random.ts'

interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minimum?: number
  readonly pattern?: string
}
interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** @returns makes a request of the document. @param skip paths and methods that are left out. */
export function requestsOf(
  document: object,
  skip: (method: string, path: string) => boolean = () => false,
): (random: Random, known: Known) => FuzzRequest {
  // The document is one of OpenAPI 3.
  const operations = Object.entries((document as Document).paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
      .filter(({ method }) => !skip(method, path)),
  )
  return (random, known) => {
    const { path, method, operation } = pick(random, operations)
    // At most one part lies.
    const lie = random(8)
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(lie === 0 ? pick(random, TEXT_LIES) : idOf(name, known, random)),
    )
    const query = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query' && (parameter.required === true || random(3) === 0))
      .map(({ name, schema = {} }) => [
        name,
        textOf(lie === 1 ? lieFor(schema, random) : valueOf(schema, random, name)),
      ])
    const headers: Record<string, string> = {}
    if (random(2) === 0)
      headers['if-match'] = lie === 2 ? pick(random, TEXT_LIES).replaceAll(/[^ -~]/g, '') : '*'
    if (known.authorization !== '') headers['authorization'] = known.authorization
    const schema = operation.requestBody?.content?.['application/json']?.schema
    let body = ''
    if (schema !== undefined || (random(3) === 0 && method !== 'GET')) {
      headers['content-type'] = 'application/json'
      const value = valueOf(schema ?? {}, random, 'body')
      body = JSON.stringify(lie >= 3 && lie <= 5 ? withLie(value, random) : value)
    }
    const version = known.authorization === '' ? [] : [['api-version', '2021-04-12']]
    const text = [...version, ...query]
      .map(([name = '', value = '']) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&')
    return { method, path: text === '' ? filled : `${filled}?${text}`, headers, body }
  }
}

const TEXT_LIES = [
  '',
  ' ',
  '..',
  '%',
  '\u0000',
  '__proto__',
  'x'.repeat(300),
  '😀',
  '*',
  '-1',
  '$edgeHub',
  'a/b',
]

function idOf(name: string, known: Known, random: Random): string {
  if (/device/i.test(name)) return pick(random, [known.deviceId, 'd2', 'd3'])
  if (/module/i.test(name)) return pick(random, ['m1', 'm2'])
  return pick(random, [known.deviceId, 'm1', 'x1', 'AgAAAA', 'mqtt.puback.withhold'])
}

function valueOf(schema: Schema, random: Random, name: string, depth = 0): unknown {
  const { enum: values, anyOf, oneOf } = schema
  if (schema.const !== undefined) return schema.const
  if (values !== undefined && values.length > 0) return pick(random, values)
  const alternatives = anyOf ?? oneOf
  if (alternatives !== undefined && alternatives.length > 0)
    return valueOf(pick(random, alternatives), random, name, depth)
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  const type =
    types.length === 0
      ? pick(random, depth > 2 ? ['string', 'number'] : ['object', 'string'])
      : pick(random, types)
  switch (type) {
    case 'object':
      return objectOf(schema, random, depth)
    case 'array':
      return Array.from({ length: random(4) }, () => valueOf(schema.items ?? {}, random, name, depth + 1))
    case 'integer':
    case 'number':
      return (schema.minimum ?? 0) + random(300)
    case 'boolean':
      return random(2) === 0
    case 'null':
      return null
    default:
      return namedText(schema, random, name)
  }
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  random: Random,
  depth: number,
): object {
  const entries = Object.entries(properties)
    .filter(([key]) => required.includes(key) || random(3) === 0)
    .map(([key, of]) => [key, valueOf(of, random, key, depth + 1)] as const)
  if (additionalProperties !== false && entries.length === 0)
    entries.push([
      'a',
      depth > 3
        ? 1
        : valueOf(
            typeof additionalProperties === 'object' ? additionalProperties : {},
            random,
            'a',
            depth + 1,
          ),
    ])
  return Object.fromEntries(entries)
}

function namedText({ pattern }: Schema, random: Random, name: string): string {
  if (/query$/i.test(name)) return queryOf(random)
  if (/condition/i.test(name)) return conditionOf(random, 3)
  if (/time|expiry/i.test(name)) return '2026-01-01T00:00:00Z'
  if (/^by$|duration|seconds/i.test(name)) return pick(random, ['1s', '5m', '10'])
  if (/device/i.test(name)) return pick(random, ['d1', 'd2'])
  if (pattern?.includes('\\d') === true) return String(random(1_000))
  return pick(random, ['a', 'x1', 'QUFB', '{"a":1}', 'mqtt.puback.withhold', 'http.status'])
}

/** The value with one part replaced. */
function withLie(value: unknown, random: Random): unknown {
  if (typeof value === 'object' && value !== null && random(4) !== 0) {
    const entries = Object.entries(value)
    if (entries.length > 0) {
      const at = random(entries.length)
      const changed = entries.map(([key, part], n): [string, unknown] => [
        key,
        n === at ? withLie(part, random) : part,
      ])
      if (random(6) === 0) changed.splice(at, 1)
      if (random(6) === 0)
        changed.push([pick(random, ['__proto__', 'constructor', 'unknown', '$', 'a.b']), 1])
      return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed)
    }
  }
  return lieFor({}, random)
}

function lieFor(_schema: Schema, random: Random): unknown {
  return pick(random, [
    null,
    -1,
    1e308,
    0.5,
    true,
    [],
    {},
    [[[[]]]],
    { a: { b: { c: { d: { e: { f: { g: { h: { i: { j: { k: { l: 1 } } } } } } } } } } } },
    ...TEXT_LIES,
  ])
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
