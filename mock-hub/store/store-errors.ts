/** What is wrong with a data directory, in sentences. */

import { StoreError } from '../core/contract/store/state-store.ts'

export function damaged(place: string, what: string, options?: ErrorOptions): StoreError {
  return new StoreError(
    'StoreDamaged',
    `${place}: ${what}; look at it with "mock-iot-hub data check ${place}", save what can be read with ` +
      `"mock-iot-hub data salvage ${place} --into DIR", or start from scratch with --fresh`,
    options,
  )
}

/** What LevelDB's or the system's error means. */
export function storeError(place: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const reasons = reasonsOf(error)
  const text = reasons.map(({ message }) => message).join(': ')
  if (reasons.some(({ code }) => code === 'LEVEL_LOCKED'))
    return new StoreError(
      'StoreLocked',
      `${place} is used by another hub: stop that one, or give this one a directory of its own`,
      { cause: error },
    )
  if (/no space left|disk quota|ENOSPC|EDQUOT/i.test(text))
    return new StoreError('StoreFull', `${place}: there is no room left on its disk`, { cause: error })
  if (
    reasons.some(({ code }) => code === 'LEVEL_CORRUPTION') ||
    /corruption|does not exist|no such file|invalid argument/i.test(text)
  )
    return damaged(place, text, { cause: error })
  return new StoreError('StoreFailed', `${place}: ${text}`, { cause: error })
}

function reasonsOf(error: unknown): readonly (Error & { readonly code?: unknown })[] {
  return error instanceof Error ? [error, ...reasonsOf(error.cause)] : []
}
