/**
 * What the files of this room agree on. Each resource is one file that exports a fastify plugin (`HubRoutes`);
 * `server.ts` lists them. A route says in its `config` who may call it: there is no route without that.
 */

import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { Hub } from '../../core/contract/hub.ts'
import type { Caller } from '../../core/contract/operations.ts'
import type { IdentityPrincipal, Permission, PolicyPrincipal } from '../../core/contract/principal.ts'
import type { Services } from '../../core/contract/services/services.ts'

/** What each plugin is given. */
export interface RouteContext {
  readonly hub: Hub
  readonly services: Services
}

/** `export const xRoutes: HubRoutes = (app, { hub }, done) => { app.get(…); done() }` */
export type HubRoutes = FastifyPluginCallback<RouteContext, Server>

/**
 * Who may call a route:
 * - `{ service: […] }`: a token of a shared access policy that has one of these rights.
 * - `'identity'`: the device or module that the path names (`:deviceId`, `:moduleId`).
 * - `orDevice`: or the device that the path names.
 * - `orModule`: or the module that the header `x-ms-edge-moduleId` names.
 * - `'own'`: the handler proves the caller itself.
 */
export type Access =
  | {
      readonly service: readonly Permission[]
      readonly orDevice?: boolean
      readonly orModule?: boolean
    }
  | 'identity'
  | 'own'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** `raw`: the body stays bytes whatever its content type; default: JSON whatever its content type. */
    body?: 'raw' | 'json'
    /** The route belongs to another service (blobs) and knows no api-version. */
    versioned?: boolean
  }
  interface FastifyRequest {
    /** Who calls; null until proven, and on `'own'` routes until the handler has proven it. */
    principal: IdentityPrincipal | PolicyPrincipal | null
  }
}

/** The proven device or module behind a request, as the core's gate wants it. */
export function callerOf(request: FastifyRequest): Caller {
  const { principal } = request
  if (principal?.type !== 'identity') throw new Error('callerOf: the route has no access "identity"')
  return { principal, transport: 'https', linkId: undefined }
}

/** Path prefixes under which the twins of a device and of a module are. */
export const TWIN_PATHS = ['/twins/:deviceId', '/twins/:deviceId/modules/:moduleId'] as const
