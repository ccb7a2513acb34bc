/**
 * What the route files share. Each resource is one file that exports a fastify plugin (`HubRoutes`); `app.ts` lists them.
 * The `config` of each route names who may call it and which throttle it takes from.
 */

import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { Hub } from '../../core/contract/hub.ts'
import type { Caller } from '../../core/contract/operations.ts'
import type { IdentityPrincipal, Permission, PolicyPrincipal } from '../../core/contract/principal.ts'
import type { ThrottledOperation } from '../../core/contract/throttle.ts'
import type { Services } from '../../core/contract/services/services.ts'

/** What each plugin receives. */
export interface RouteContext {
  readonly hub: Hub
  readonly services: Services
}

/** `export const xRoutes: HubRoutes = (app, { hub }, done) => { app.get(…); done() }` */
export type HubRoutes = FastifyPluginCallback<RouteContext, Server>

/**
 * Who may call a route:
 * - `{ service: […] }`: a token of a shared access policy that has one of these permissions.
 * - `'identity'`: the device or module that the path names (`:deviceId`, `:moduleId`).
 * - `orDevice`: also the device that the path names.
 * - `orModule`: also the module that the header `x-ms-edge-moduleId` names.
 * - `'own'`: the handler authenticates the caller itself.
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
  /** The configuration of a route. Without `access` and `throttle` the application cannot be built. */
  interface FastifyContextConfig {
    access?: Access
    /**
     * What a call takes from the throttles and the daily quota; `none`: nothing. Routes of devices have `none`, because
     * the core takes for each operation of a device, whatever its transport.
     */
    throttle?: ThrottledOperation | 'none'
    /** `raw`: the body stays bytes, whatever its content type. Default: it is JSON, whatever its content type. */
    body?: 'raw' | 'json'
    /** False: the route has no api-version, because it belongs to another service (blobs) or to this hub alone. */
    versioned?: boolean
  }
  interface FastifyRequest {
    /** The authenticated caller; null before authentication, and on routes with the access `own`. */
    principal: IdentityPrincipal | PolicyPrincipal | null
    /** The text of a JSON body; undefined: no body, or bytes. */
    bodyText: string | undefined
  }
}

/** The authenticated device or module behind a request, for `hub.perform`. */
export function callerOf(request: FastifyRequest): Caller {
  const { principal } = request
  if (principal?.type !== 'identity') throw new Error('callerOf: the route has no access "identity"')
  return { principal, transport: 'https', linkId: undefined }
}

/** Path prefixes under which the twins of a device and of a module are. */
export const TWIN_PATHS = ['/twins/:deviceId', '/twins/:deviceId/modules/:moduleId'] as const
