/** Queries over devices, modules and jobs, page by page. */

import type { JsonObject } from '../../../base/json.ts'

/** What `x-ms-item-type` says of the rows; the .NET SDK compares it with case (WIRE-QRY-02). */
export type ItemType = 'Twin' | 'DeviceJob' | 'JobResponse' | 'Raw'

export interface Page {
  readonly itemType: ItemType
  readonly rows: readonly JsonObject[]
  /** The token of the next page; undefined on the last page. */
  readonly continuation: string | undefined
}

export interface PageRequest {
  /** Rows a page, 1 to 100; another number means 100. @default 100 */
  readonly maxItems?: number | undefined
  /** The token that the page before gave; left out: the first page. */
  readonly continuation?: string | undefined
}

export interface Queries {
  /** @throws HubError ArgumentInvalid (syntax, token), PreconditionFailed (too long). */
  run(text: string, request?: PageRequest): Page
}
