/** Devices and modules with their keys and connection strings. */

import { deviceConnectionString } from '../../core/contract/connection-strings.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { AuthenticationType, IdentityRecord, IdentitySpec } from '../../core/contract/registry.ts'
import { utcText } from '../../base/time-text.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { IDENTITY_PATHS, identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

/** The fields of `IdentitySpec`. */
interface IdentityBody {
  readonly status?: 'enabled' | 'disabled'
  readonly statusReason?: string | null
  readonly authentication?: {
    readonly type?: AuthenticationType
    readonly symmetricKey?: { readonly primaryKey?: string; readonly secondaryKey?: string }
    readonly x509Thumbprint?: { readonly primaryThumbprint?: string; readonly secondaryThumbprint?: string }
  }
  readonly iotEdge?: boolean
  readonly deviceScope?: string
  readonly parentScopes?: readonly string[]
  readonly managedBy?: string
}

interface IdentityRoute {
  Params: IdentityParams
  Body: IdentityBody
}

const TEXT = { type: 'string' } as const
const COMMON = {
  status: { enum: ['enabled', 'disabled'], default: 'enabled' },
  statusReason: { type: ['string', 'null'] },
  authentication: objectOf({
    type: { enum: ['sas', 'selfSigned', 'certificateAuthority', 'none'], default: 'sas' },
    symmetricKey: objectOf({
      primaryKey: { ...TEXT, description: 'base64; default: a random key' },
      secondaryKey: TEXT,
    }),
    x509Thumbprint: objectOf({ primaryThumbprint: TEXT, secondaryThumbprint: TEXT }),
  }),
}
const DEVICE = {
  ...COMMON,
  iotEdge: { type: 'boolean', default: false },
  deviceScope: TEXT,
  parentScopes: { type: 'array', items: TEXT },
}
const MODULE = { ...COMMON, managedBy: TEXT }
const tags = ['identities']

export const identityRoutes: ControlRoutes = (app, { hub }) => {
  app.get('/devices', { schema: { tags, summary: 'List devices, oldest first' } }, () =>
    [...hub.registry.devices()].map((record) => identityDocument(hub, record)),
  )
  app.post<{ Body: IdentityBody & { readonly deviceId: string } }>(
    '/devices',
    {
      schema: {
        tags,
        summary: 'Create a device',
        body: objectOf({ deviceId: TEXT, ...DEVICE }, ['deviceId']),
      },
    },
    ({ body: { deviceId, ...spec } }, reply) =>
      reply.code(201).send(identityDocument(hub, hub.registry.create({ deviceId }, specOf(spec)))),
  )
  app.get<IdentityRoute>(
    '/devices/:deviceId/modules',
    { schema: { tags, summary: 'List the modules of a device' } },
    ({ params: { deviceId } }) => {
      hub.registry.get({ deviceId })
      return hub.registry.modulesOf(deviceId).map((record) => identityDocument(hub, record))
    },
  )
  app.post<{ Params: IdentityParams; Body: IdentityBody & { readonly moduleId: string } }>(
    '/devices/:deviceId/modules',
    {
      schema: {
        tags,
        summary: 'Create a module',
        body: objectOf({ moduleId: TEXT, ...MODULE }, ['moduleId']),
      },
    },
    ({ params: { deviceId }, body: { moduleId, ...spec } }, reply) =>
      reply.code(201).send(identityDocument(hub, hub.registry.create({ deviceId, moduleId }, specOf(spec)))),
  )
  for (const path of IDENTITY_PATHS) {
    const fields = path.endsWith(':moduleId') ? MODULE : DEVICE
    app.get<IdentityRoute>(path, { schema: { tags, summary: 'Read an identity' } }, ({ params }) =>
      identityDocument(hub, hub.registry.get(identityOf(params))),
    )
    app.patch<IdentityRoute>(
      path,
      { schema: { tags, summary: 'Change the given fields of an identity', body: objectOf(fields) } },
      ({ params, body }) => identityDocument(hub, hub.registry.update(identityOf(params), specOf(body), '*')),
    )
    app.post<IdentityRoute>(
      `${path}/expire-token`,
      {
        schema: {
          tags,
          summary:
            'Let the token of an identity expire now: its link is closed, and only a new token is accepted',
        },
      },
      ({ params }, reply) => {
        hub.expireToken(identityOf(params))
        return reply.code(204).send()
      },
    )
    app.delete<IdentityRoute>(
      path,
      {
        schema: {
          tags,
          summary: 'Delete an identity with its modules, twin and messages; its connection is closed',
        },
      },
      ({ params }, reply) => {
        hub.registry.remove(identityOf(params), '*')
        return reply.code(204).send()
      },
    )
  }
}

/** The registry itself fills in absent fields or keeps their values: the defaults in the schema are documentation. */
function specOf(body: IdentityBody): IdentitySpec {
  return body
}

function identityDocument(hub: Hub, record: IdentityRecord): JsonObject {
  const { identity, authentication } = record
  const time = (at: number | undefined) => (at === undefined ? null : utcText(at))
  return {
    ...identity,
    connectionString: deviceConnectionString(hub.hostName, hub.registry, identity),
    status: record.status,
    statusReason: record.statusReason,
    connectionState: record.connectionState,
    lastActivityTime: time(record.lastActivityAt),
    generationId: record.generationId,
    etag: record.etag,
    authentication: {
      type: authentication.type,
      symmetricKey: { ...authentication.symmetricKey },
      x509Thumbprint: { ...authentication.x509Thumbprint },
    },
    ...(identity.moduleId === undefined
      ? {
          iotEdge: record.iotEdge,
          ...(record.deviceScope === undefined ? {} : { deviceScope: record.deviceScope }),
          parentScopes: [...record.parentScopes],
          modules: hub.registry.modulesOf(identity.deviceId).map((module) => module.identity.moduleId ?? ''),
          cloudToDeviceMessageCount: hub.c2d.count(identity),
        }
      : { managedBy: record.managedBy ?? null }),
  }
}
