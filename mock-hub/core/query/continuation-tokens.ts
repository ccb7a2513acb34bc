/** Continuation tokens: where the next page starts, signed so that only this hub can make one. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { HubError } from '../errors/hub-error.ts'
import { passingKey } from '../store/kept-key.ts'
import type { Position } from './rows.ts'

/** Where a query stands between two pages. */
export interface Progress {
  /** Rows given so far. */
  readonly given: number
  /** The last row looked at; undefined: rows are counted (aggregates). */
  readonly after?: Position | undefined
}

export class ContinuationTokens {
  readonly #key: () => Buffer

  /** @param key default: a new one. */
  constructor(key: () => Buffer = passingKey()) {
    this.#key = key
  }

  /** The token of the page that starts after `progress`. */
  create(query: string, progress: Progress): string {
    const text = JSON.stringify([hash(query), progress])
    return Buffer.from(`${this.#signature(text).toString('base64url')}.${text}`).toString('base64url')
  }

  /** @throws HubError ArgumentInvalid when this hub did not make the token for this query. */
  read(query: string, token: string | undefined): Progress {
    if (token === undefined || token === '') return { given: 0 }
    const [, signature = '', text = ''] =
      /^([\w-]+)\.(.*)$/s.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? []
    const given = Buffer.from(signature, 'base64url')
    const wanted = this.#signature(text)
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw badToken('another text')
    // The signature is checked above: this hub made it.
    const [of, progress] = JSON.parse(text) as [string, Progress]
    if (of !== hash(query)) throw badToken('the token of another query')
    return progress
  }

  #signature(text: string): Buffer {
    return createHmac('sha256', this.#key()).update(text).digest()
  }
}

function hash(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 16)
}

function badToken(received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: 'The continuation token is not valid for this query.',
    rule: 'WIRE-QRY-04',
    expected: 'x-ms-continuation as the last answer to the same query gave it',
    received,
  })
}
