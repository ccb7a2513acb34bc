/** Reads a seed from a file: YAML, of which JSON is a part. */

import type { ErrorObject } from 'ajv'
import type { Seed } from './seed.ts'

const IDENTITY = {
  status: { enum: ['enabled', 'disabled'] },
  statusReason: { type: 'string' },
  key: { type: 'string' },
  authentication: {
    type: 'object',
    additionalProperties: false,
    properties: {
      type: { enum: ['sas', 'selfSigned', 'certificateAuthority', 'none'] },
      symmetricKey: {
        type: 'object',
        additionalProperties: false,
        properties: { primaryKey: { type: 'string' }, secondaryKey: { type: 'string' } },
      },
      x509Thumbprint: {
        type: 'object',
        additionalProperties: false,
        properties: { primaryThumbprint: { type: 'string' }, secondaryThumbprint: { type: 'string' } },
      },
    },
  },
  tags: { type: 'object' },
  properties: {
    type: 'object',
    additionalProperties: false,
    properties: { desired: { type: 'object' }, reported: { type: 'object' } },
  },
} as const

const MODULE = {
  type: 'object',
  additionalProperties: false,
  required: ['moduleId'],
  properties: { ...IDENTITY, moduleId: { type: 'string' } },
} as const

const SEED = {
  type: 'object',
  additionalProperties: false,
  properties: {
    devices: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['deviceId'],
        properties: {
          ...IDENTITY,
          deviceId: { type: 'string' },
          capabilities: {
            type: 'object',
            additionalProperties: false,
            properties: { iotEdge: { type: 'boolean' } },
          },
          parent: { type: 'string' },
          modules: { type: 'array', items: MODULE },
        },
      },
    },
    routes: { type: 'array', items: { type: 'string' } },
  },
} as const

/**
 * @param text YAML or JSON.
 * @param where what to call it in errors, for example the file's name.
 * @throws RangeError that names the place, the rule and what was given.
 */
export async function parseSeed(text: string, where: string): Promise<Seed> {
  // Loaded here: a hub without a seed file starts sooner.
  const [{ Ajv }, { parse }] = await Promise.all([import('ajv'), import('yaml')])
  let value: unknown
  try {
    value = parse(text) ?? {}
  } catch (error) {
    throw new RangeError(`${where}: cannot be read as YAML: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    })
  }
  const check = new Ajv({ verbose: true, allowUnionTypes: true }).compile<Seed>(SEED)
  if (check(value)) return value
  throw new RangeError(`${where}: ${describe(check.errors?.[0])}`)
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'is no seed'
  const place = error.instancePath === '' ? 'the seed' : error.instancePath.slice(1).replaceAll('/', '.')
  const params = error.params as Readonly<Record<string, unknown>>
  if (error.keyword === 'additionalProperties')
    return `${place}: there is no ${String(params['additionalProperty'])} here; there are ${Object.keys((error.parentSchema?.['properties'] ?? {}) as object).join(', ')}`
  const rule =
    error.keyword === 'enum' ? `must be one of ${JSON.stringify(params['allowedValues'])}` : error.message
  return `${place}: ${rule ?? 'is wrong'}, got ${JSON.stringify(error.data)}`
}
