/** Queries over devices, modules and jobs, page by page. */

import type { JsonObject } from '../../../base/json.ts'

/** Value of `x-ms-item-type` for the rows; the .NET SDK compares it with case (WIRE-QRY-02). */
export type ItemType = 'Twin' | 'DeviceJob' | 'JobResponse' | 'Raw'

/** A page of results. */
export interface Page {
  /** Kind of the rows. */
  readonly itemType: ItemType
  /** The rows. */
  readonly rows: readonly JsonObject[]
  /** The token of the next page; undefined on the last page. */
  readonly continuation: string | undefined
}

/** Selects a page of results. */
export interface PageRequest {
  /** Rows a page, 1 to 100; another number means 100. Default: 100. */
  readonly maxItems?: number | undefined
  /** Token from the previous page. Default: the first page. */
  readonly continuation?: string | undefined
}

/** Queries over devices, modules and jobs. */
export interface Queries {
  /** Runs a query. @throws HubError ArgumentInvalid (syntax, token), PreconditionFailed (too long). */
  run(text: string, request?: PageRequest): Page
}
