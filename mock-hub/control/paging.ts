/** Lists that a caller may read page by page, and whose rows it may select by a text in their id. */

import type { FastifyReply } from 'fastify'
import { WHOLE } from './context.ts'

export interface PageQuery {
  readonly limit?: string
  readonly skip?: string
  readonly contains?: string
}

/** Schema of the parameters. */
export const PAGE = {
  limit: { ...WHOLE, description: 'at most this many; the header x-total-count says how many match' },
  skip: { ...WHOLE, description: 'leave out this many that match' },
  contains: { type: 'string', description: 'only ids with this text, whatever its case' },
} as const

/** Whether an id has the text that is asked for. */
export function containsText(id: string, text: string | undefined): boolean {
  return text === undefined || id.toLowerCase().includes(text.toLowerCase())
}

/** The page of the rows that match; says in a header how many match. */
export function pageOf<T>(
  matching: readonly T[],
  { limit = 'Infinity', skip = '0' }: PageQuery,
  reply: FastifyReply,
): readonly T[] {
  void reply.header('x-total-count', String(matching.length))
  return matching.slice(Number(skip), Number(skip) + Number(limit))
}
