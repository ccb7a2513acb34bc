/** What the route files of the control API share. Each resource is one file in `routes/`; `server.ts` lists them. */

import type { FastifyInstance } from 'fastify'
import type { Hub } from '../core/contract/hub.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import type { Services } from '../core/contract/services/services.ts'

export interface ControlServerOptions {
  readonly hub: Hub
  readonly services: Services
  /** Undefined: there is no provisioning service beside the hub, and no routes for it. */
  readonly provisioning?: Provisioning | undefined
  /** What `GET /health` and `GET /` return about the hub: host name, ports, devices …, as JSON. */
  readonly about: (what?: AboutWhat) => Promise<Readonly<Record<string, unknown>>>
  /** Returns the hub to its initial state. */
  readonly reset: () => void | Promise<void>
  /** Bearer token that every call must carry; undefined: no token, and only callers on this machine are accepted. */
  readonly token?: string | undefined
}

/** How much a description of the hub tells. */
export interface AboutWhat {
  /** Whether connection strings, keys and devices belong to it. Default: true. */
  readonly secrets?: boolean
}

export interface ControlContext extends ControlServerOptions {
  /** Every route of the API: `GET /health: Readiness …`. */
  readonly routeList: readonly string[]
}

/** Adds the routes of one resource. */
export type ControlRoutes = (app: FastifyInstance, context: ControlContext) => void

/** Schema of an object that has these fields and no others. */
export function objectOf(properties: Readonly<Record<string, object>>, required: readonly string[] = []) {
  return { type: 'object', properties, required, additionalProperties: false }
}

/** A flag in a query: `?follow`, `?follow=true`. */
export const FLAG = { enum: ['', '1', 'true'] } as const
/** A whole number in a query. */
export const WHOLE = { type: 'string', pattern: '^\\d{1,15}$' } as const

/** The newest `limit` entries, oldest first; all of them when there is no limit. */
export function newest<T>(list: readonly T[], limit: string | undefined): readonly T[] {
  return limit === undefined ? list : list.slice(Math.max(0, list.length - Number(limit)))
}
