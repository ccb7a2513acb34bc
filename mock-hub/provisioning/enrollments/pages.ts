/** Lists page by page, sorted by id (DPS-ENR-14). */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject, own, type Json } from '../../base/json.ts'
import type { Page, PageRequest } from '../contract/enrollments.ts'
import { badRequest, notImplemented } from '../refusals.ts'

const LARGEST_PAGE = 100

export class Pages {
  readonly #key: () => Buffer

  /** @param key signs the tokens. */
  constructor(key: () => Buffer) {
    this.#key = key
  }

  /**
   * @param rows sorted by id in lower case.
   * @param list names the list: a token of one list is foreign to another.
   * @throws HubError GenericBadRequest for a page size that is none, or a foreign token.
   */
  page<T>(
    rows: readonly T[],
    idOf: (row: T) => string,
    list: string,
    { maxItems = LARGEST_PAGE, continuation }: PageRequest,
  ): { readonly rows: readonly T[]; readonly continuation: string | undefined } {
    if (!Number.isSafeInteger(maxItems) || maxItems < 1)
      throw badRequest('DPS-ENR-14', 'x-ms-max-item-count to be a whole number from 1', String(maxItems))
    const after =
      continuation === undefined || continuation === '' ? undefined : this.#read(list, continuation)
    const left = after === undefined ? rows : rows.filter((row) => idOf(row).toLowerCase() > after)
    const shown = left.slice(0, Math.min(maxItems, LARGEST_PAGE))
    const last = shown.at(-1)
    const more = left.length > shown.length && last !== undefined
    return { rows: shown, continuation: more ? this.#token(list, idOf(last).toLowerCase()) : undefined }
  }

  #token(list: string, after: string): string {
    return `${this.#signature(list, after)}${Buffer.from(after).toString('base64url')}`
  }

  #read(list: string, token: string): string {
    const after = Buffer.from(token.slice(SIGNATURE_LENGTH), 'base64url').toString()
    const given = Buffer.from(token.slice(0, SIGNATURE_LENGTH))
    const wanted = Buffer.from(this.#signature(list, after))
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return after
    throw badRequest(
      'DPS-ENR-14',
      'x-ms-continuation as the last answer to the same query gave it',
      'another text',
    )
  }

  #signature(list: string, after: string): string {
    return createHmac('sha256', this.#key())
      .update(`${list}\n${after}`)
      .digest('base64url')
      .slice(0, SIGNATURE_LENGTH)
  }
}

const SIGNATURE_LENGTH = 22

/**
 * Only `SELECT *`, with or without the name of the list.
 * @throws HubError GenericBadRequest without a query; ProvisioningNotImplemented for another one.
 */
export function checkQuery(body: Json, itemType: Page['itemType']): void {
  const query = isObject(body) ? own(body, 'query') : undefined
  if (typeof query !== 'string')
    throw badRequest('DPS-ENR-14', 'a body {"query": "SELECT *"}', 'a body without query')
  if (/^\s*SELECT\s+\*(\s+FROM\s+(enrollments|enrollmentGroups|registrations))?\s*;?\s*$/i.test(query)) return
  throw notImplemented(
    'DPS-ENR-14',
    `the query SELECT * over ${itemType}s: this service has no other`,
    JSON.stringify(query.slice(0, 200)),
  )
}

/** Sorted by id. @param records by their ids in lower case. */
export function inOrder<T>(records: ReadonlyMap<string, T>): readonly T[] {
  return [...records.keys()].sort().flatMap((id) => records.get(id) ?? [])
}
