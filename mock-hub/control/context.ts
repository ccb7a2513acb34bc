/** What the files of the control room agree on: each resource is one file that exports a plugin, `room.ts` lists them. */

import type { FastifyInstance } from 'fastify'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/services/services.ts'

export interface ControlRoomOptions {
  readonly hub: Hub
  readonly services: Services
  /** What `GET /health` and `GET /` tell: host name, ports, devices …, as JSON. */
  readonly about: () => Readonly<Record<string, unknown>>
  /** Back to the state the hub was started with. */
  readonly reset: () => void | Promise<void>
  /** Bearer token that every call must carry; undefined: none is asked for, which is for loopback only. */
  readonly token?: string | undefined
}

export interface ControlContext extends ControlRoomOptions {
  /** `GET /health: Readiness …`: every route there is. */
  readonly routesHere: readonly string[]
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

/** The newest so many, oldest first; all of them when there is no limit. */
export function newest<T>(list: readonly T[], limit: string | undefined): readonly T[] {
  return limit === undefined ? list : list.slice(Math.max(0, list.length - Number(limit)))
}
