/** Devices and modules in request bodies, and their conversion for the registry. */

import type { JsonObject } from '../../base/json.ts'
import type {
  AuthenticationType,
  IdentitySpec,
  SymmetricKeys,
  Thumbprints,
} from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Identity } from '../../core/contract/identity.ts'

/** The body of PUT `/devices/{id}` and `/devices/{id}/modules/{m}`; a bulk entry has the same fields. */
export interface IdentityBody {
  deviceId?: string | null
  moduleId?: string | null
  status?: 'enabled' | 'disabled' | null
  statusReason?: string | null
  authentication?: {
    type?: AuthenticationType | null
    symmetricKey?: Partial<SymmetricKeys> | null
    x509Thumbprint?: Partial<Thumbprints> | null
  } | null
  capabilities?: { iotEdge?: boolean | null } | null
  deviceScope?: string | null
  parentScopes?: readonly string[] | null
  managedBy?: string | null
  attributes?: JsonObject | null
}

const TEXT = { type: ['string', 'null'] } as const
const STATUS = { enum: ['enabled', 'disabled', null] } as const
const textPair = (name: string) =>
  ({
    type: ['object', 'null'],
    properties: { [`primary${name}`]: TEXT, [`secondary${name}`]: TEXT },
  }) as const

/** JSON schema of the fields above. */
export const IDENTITY_PROPERTIES = {
  deviceId: TEXT,
  moduleId: TEXT,
  status: STATUS,
  statusReason: TEXT,
  authentication: {
    type: ['object', 'null'],
    properties: {
      type: { enum: ['sas', 'selfSigned', 'certificateAuthority', 'none', null] },
      symmetricKey: textPair('Key'),
      x509Thumbprint: textPair('Thumbprint'),
    },
  },
  capabilities: { type: ['object', 'null'], properties: { iotEdge: { type: ['boolean', 'null'] } } },
  deviceScope: TEXT,
  parentScopes: { type: ['array', 'null'], items: { type: 'string' } },
  managedBy: TEXT,
  attributes: { type: ['object', 'null'] },
} as const

export const IDENTITY_BODY = { type: 'object', properties: IDENTITY_PROPERTIES } as const

/** The change that a body asks for. Null means the same as absent, except for `statusReason`, which null clears. */
export function specOf(body: IdentityBody): IdentitySpec {
  const {
    status,
    statusReason,
    authentication,
    capabilities,
    deviceScope,
    parentScopes,
    managedBy,
    attributes,
  } = body
  return {
    ...(status == null ? {} : { status }),
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(authentication == null
      ? {}
      : {
          authentication: {
            type: authentication.type ?? undefined,
            symmetricKey: authentication.symmetricKey,
            x509Thumbprint: authentication.x509Thumbprint,
          },
        }),
    ...(capabilities?.iotEdge == null ? {} : { iotEdge: capabilities.iotEdge }),
    ...(deviceScope == null ? {} : { deviceScope }),
    ...(parentScopes == null ? {} : { parentScopes }),
    ...(managedBy == null ? {} : { managedBy }),
    ...(attributes == null ? {} : { attributes }),
  }
}

/**
 * The identity that a body describes in place of the one there is: what it leaves out is reset, without authentication the
 * identity gets new keys (WIRE-REG-28). What old api-versions cannot say (gateways of gateways, attributes, who manages a
 * module) stays.
 */
export function replacementOf({ moduleId }: Identity, body: IdentityBody): IdentitySpec {
  const spec = specOf(body)
  const { type = 'sas', symmetricKey, x509Thumbprint } = spec.authentication ?? {}
  const noKeys = [symmetricKey?.primaryKey, symmetricKey?.secondaryKey].every(
    (key) => key == null || key === '',
  )
  const noThumbprints =
    x509Thumbprint?.primaryThumbprint == null && x509Thumbprint?.secondaryThumbprint == null
  const renewed = type === 'sas' && noKeys && noThumbprints
  return {
    ...(moduleId === undefined ? { iotEdge: false, deviceScope: '' } : {}),
    status: 'enabled',
    statusReason: null,
    ...spec,
    ...(renewed ? { authentication: { type, symmetricKey: { primaryKey: '', secondaryKey: '' } } } : {}),
  }
}

/**
 * Keys come in pairs, thumbprints have no separators, and a device has a way to prove itself (WIRE-REG-46).
 * @throws HubError ArgumentInvalid.
 */
export function checkCredentials({ moduleId }: Identity, { authentication }: IdentityBody): void {
  const { primaryKey, secondaryKey } = authentication?.symmetricKey ?? {}
  const [primary, secondary] = [primaryKey ?? '', secondaryKey ?? '']
  if ((primary === '') !== (secondary === ''))
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'Either no keys or both keys can be set',
      rule: 'WIRE-REG-46',
      expected: 'authentication.symmetricKey with both keys, or with none',
      received: primary === '' ? 'secondaryKey alone' : 'primaryKey alone',
    })
  for (const thumbprint of Object.values(authentication?.x509Thumbprint ?? {}))
    if (typeof thumbprint === 'string' && /[^0-9a-f]/i.test(thumbprint))
      throw new HubError({
        kind: 'ArgumentInvalid',
        message: 'StringIsNotThumbprint',
        rule: 'WIRE-REG-46',
        expected: 'authentication.x509Thumbprint of hex digits, without colons or blanks',
        received: `${String(thumbprint.length)} characters with others`,
      })
  if (authentication?.type === 'none' && moduleId === undefined)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'DeviceAuthenticationTypeIsMissing',
      rule: 'WIRE-REG-46',
      expected: 'authentication.type sas, selfSigned or certificateAuthority',
      received: 'none',
    })
}

/** @throws HubError ArgumentInvalid when the body names another identity than the path. */
export function checkNames(identity: Identity, body: IdentityBody): void {
  for (const field of ['deviceId', 'moduleId'] as const) {
    const given = body[field]
    if (given == null || given === identity[field]) continue
    const wanted = identity[field] ?? 'none'
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: `Expected ${field} to be the same as in the path, ${wanted}; given: ${given.slice(0, 140)}.`,
      rule: 'WIRE-REG-01',
      expected: `${field} to be ${wanted}, as in the path`,
      received: `${field} ${given.slice(0, 140)}`,
    })
  }
}
