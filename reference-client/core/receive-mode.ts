/**
 * A client either receives by calls or by handlers, decided by the first of either
 * (docs/contract/client/connection.md#client-handlers).
 */

import { ClientError } from './errors/client-errors.ts'

export type Mode = 'calls' | 'handlers'

export class ReceiveMode {
  #mode: Mode | undefined

  get mode(): Mode | undefined {
    return this.#mode
  }

  /**
   * @throws ClientError when the other mode was chosen before. The choice lasts, whatever becomes of the call (SRC-16).
   */
  enter(mode: Mode): void {
    this.#mode ??= mode
    if (this.#mode === mode) return
    throw new ClientError(
      mode === 'calls'
        ? 'Cannot use receive APIs - receive handler(s) have already been set'
        : 'Cannot set receive handlers - receive APIs have already been used',
    )
  }
}
