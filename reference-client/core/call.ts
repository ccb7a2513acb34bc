/** Limits of one call beyond the documented ones: an abort signal, and the operation timeout when one is set. */

import type { Clock } from './clock.ts'
import { asDocumented } from './errors/as-documented.ts'
import { OperationCancelled, OperationTimeout } from './errors/operation-errors.ts'

/** Tells a call whether it was cancelled or has timed out. */
export interface Scope {
  readonly givenUp: boolean
  readonly signal: AbortSignal
}

export interface Limits {
  readonly clock: Clock
  readonly limitMs: number | undefined
}

/**
 * Runs `start`. When a limit is reached first, the promise fails at once and the signal of the scope aborts, so that
 * `start` can undo what it began. Without limits, `start` gets no scope. Unexpected errors become ClientError.
 */
export function callWithin<T>(
  limits: Limits,
  signal: AbortSignal | undefined,
  start: (scope: Scope | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined && limits.limitMs === undefined) return documented(start, undefined)
  const scope = new LimitedScope()
  return new Promise<T>((resolve, reject) => {
    const giveUp = (error: Error) => {
      leave()
      scope.giveUp()
      reject(error)
    }
    const abort = () => {
      giveUp(new OperationCancelled('Operation was cancelled before completion', { cause: signal?.reason }))
    }
    const stopAlarm =
      limits.limitMs === undefined
        ? () => undefined
        : limits.clock.schedule(limits.limitMs, () => {
            giveUp(new OperationTimeout('Could not complete operation before timeout'))
          })
    const leave = () => {
      stopAlarm()
      signal?.removeEventListener('abort', abort)
    }
    if (signal?.aborted === true) {
      abort()
      return
    }
    signal?.addEventListener('abort', abort)
    documented(start, scope).then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(asDocumented(error))
      },
    )
  })
}

function documented<T>(
  start: (scope: Scope | undefined) => Promise<T>,
  scope: Scope | undefined,
): Promise<T> {
  try {
    return start(scope)
  } catch (error) {
    return Promise.reject(asDocumented(error))
  }
}

class LimitedScope implements Scope {
  readonly #controller = new AbortController()

  get givenUp(): boolean {
    return this.#controller.signal.aborted
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  giveUp(): void {
    this.#controller.abort()
  }
}
