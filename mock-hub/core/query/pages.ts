/** Continuation tokens: where the next page starts, sealed so that nobody but this hub can make one. */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { HubError } from '../errors/hub-error.ts'
import type { Position } from './rows.ts'

/** Where a query stands between two pages. */
export interface Progress {
  /** Rows given so far. */
  readonly given: number
  /** The last row looked at; undefined: rows are counted (aggregates). */
  readonly after?: Position | undefined
}

export class Pages {
  readonly #key = randomBytes(32)

  token(query: string, progress: Progress): string {
    const text = JSON.stringify([hash(query), progress])
    return Buffer.from(`${this.#seal(text).toString('base64url')}.${text}`).toString('base64url')
  }

  /** @throws HubError ArgumentInvalid when the token is not one of this hub for this query. */
  progress(query: string, token: string | undefined): Progress {
    if (token === undefined || token === '') return { given: 0 }
    const [, seal = '', text = ''] =
      /^([\w-]+)\.(.*)$/s.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? []
    const given = Buffer.from(seal, 'base64url')
    const wanted = this.#seal(text)
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw badToken('a text that is none')
    // Sealed above: it is ours.
    const [of, progress] = JSON.parse(text) as [string, Progress]
    if (of !== hash(query)) throw badToken('the token of another query')
    return progress
  }

  #seal(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest()
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
