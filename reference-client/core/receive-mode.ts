/**
 * A client receives either by calls or by handlers; its first use decides
 * (docs/contract/client/connection.md#client-handlers).
 */

import { ClientError } from './errors/client-errors.ts'

export type Mode = 'calls' | 'handlers'

export class ReceiveMode {
  #mode: Mode | undefined

  get mode(): Mode | undefined {
    return this.#mode
  }

  /** The choice is permanent, whatever the outcome of the call (SRC-16). @throws ClientError after the other mode. */
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
