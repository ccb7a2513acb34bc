/** Devices and modules with their keys and connection strings. */

import { deviceConnectionString } from '../../core/contract/connection-strings.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type {
  AuthenticationType,
  IdentityRecord,
  IdentitySpec,
  KeyChoice,
} from '../../core/contract/registry.ts'
import { utcText } from '../../base/time-text.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { containsText, PAGE, pageOf, type PageQuery } from '../paging.ts'
import { identityKey } from '../../core/contract/identity.ts'
import { followLinks, type LiveLink } from '../links.ts'
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
  Querystring: { readonly keys?: 'hidden' }
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
/** Left out: all. */
interface ListQuery extends PageQuery {
  readonly status?: 'enabled' | 'disabled'
  readonly connectionState?: 'Connected' | 'Disconnected'
  readonly keys?: 'hidden'
}
const KEYS = {
  enum: ['hidden'],
  description: 'hidden: connection strings and keys are left out',
} as const
const LIST = objectOf({
  ...PAGE,
  status: { enum: ['enabled', 'disabled'] },
  connectionState: { enum: ['Connected', 'Disconnected'] },
  keys: KEYS,
})

export const identityRoutes: ControlRoutes = (app, { hub }) => {
  const links = followLinks(hub)
  app.addHook('onClose', (_app, done) => {
    links.stop()
    done()
  })
  const documentOf = (record: IdentityRecord, hidden = false): JsonObject =>
    identityDocument(hub, record, links.of(identityKey(record.identity)), hidden)
  app.get<{ Querystring: PageQuery }>(
    '/links',
    {
      schema: {
        tags,
        summary: 'List the connections that live, newest first; `contains` looks at their identities',
        querystring: objectOf(PAGE),
      },
    },
    ({ query }, reply) =>
      pageOf(
        links.list().filter(({ identity }) => containsText(identity, query.contains)),
        query,
        reply,
      ).map(({ at, ...link }) => ({ ...link, connectedTime: utcText(at) })),
  )
  app.get<{ Querystring: ListQuery }>(
    '/devices',
    { schema: { tags, summary: 'List devices, oldest first', querystring: LIST } },
    ({ query }, reply) => {
      const found = [...hub.registry.devices()].filter(filterOf(query))
      return pageOf(found, query, reply).map((record) => documentOf(record, query.keys === 'hidden'))
    },
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
      reply.code(201).send(documentOf(hub.registry.create({ deviceId }, specOf(spec)))),
  )
  app.get<IdentityRoute>(
    '/devices/:deviceId/modules',
    { schema: { tags, summary: 'List the modules of a device', querystring: objectOf({ keys: KEYS }) } },
    ({ params: { deviceId }, query }) => {
      hub.registry.get({ deviceId })
      return hub.registry.modulesOf(deviceId).map((record) => documentOf(record, query.keys === 'hidden'))
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
      reply.code(201).send(documentOf(hub.registry.create({ deviceId, moduleId }, specOf(spec)))),
  )
  for (const path of IDENTITY_PATHS) {
    const fields = path.endsWith(':moduleId') ? MODULE : DEVICE
    app.get<IdentityRoute>(
      path,
      { schema: { tags, summary: 'Read an identity', querystring: objectOf({ keys: KEYS }) } },
      ({ params, query }) => documentOf(hub.registry.get(identityOf(params)), query.keys === 'hidden'),
    )
    app.patch<IdentityRoute>(
      path,
      { schema: { tags, summary: 'Change the given fields of an identity', body: objectOf(fields) } },
      ({ params, body }) => documentOf(hub.registry.update(identityOf(params), specOf(body), '*')),
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
    app.post<{ Params: IdentityParams; Body: { readonly which: KeyChoice } }>(
      `${path}/regenerate-keys`,
      {
        schema: {
          tags,
          summary: 'Regenerate symmetric keys of an identity',
          body: {
            ...objectOf({ which: { enum: ['primaryKey', 'secondaryKey', 'both'] } }, ['which']),
            examples: [{ which: 'primaryKey' }],
          },
        },
      },
      ({ params, body: { which } }) => documentOf(hub.registry.regenerateKeys(identityOf(params), which)),
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

function filterOf({ contains, status, connectionState }: ListQuery): (record: IdentityRecord) => boolean {
  return (record) =>
    containsText(record.identity.deviceId, contains) &&
    (status === undefined || record.status === status) &&
    (connectionState === undefined || record.connectionState === connectionState)
}

function identityDocument(
  hub: Hub,
  record: IdentityRecord,
  link: LiveLink | undefined,
  hidden: boolean,
): JsonObject {
  const { identity, authentication } = record
  const time = (at: number | undefined) => (at === undefined ? null : utcText(at))
  return {
    ...identity,
    ...(hidden ? {} : { connectionString: deviceConnectionString(hub.hostName, hub.registry, identity) }),
    status: record.status,
    statusReason: record.statusReason,
    connectionState: record.connectionState,
    link: link === undefined ? null : { linkId: link.linkId, transport: link.transport },
    lastActivityTime: time(record.lastActivityAt),
    generationId: record.generationId,
    etag: record.etag,
    authentication: {
      type: authentication.type,
      ...(hidden ? {} : { symmetricKey: { ...authentication.symmetricKey } }),
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
