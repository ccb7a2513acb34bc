/** The events of a client: connection state, need for a new token, background exceptions. */

import { asDocumented } from '../core/errors/as-documented.ts'
import { HandlerRunner } from '../core/handler-runner.ts'
import { diagnose } from './diagnostics.ts'

export class ClientEvents {
  readonly state: HandlerRunner<[]>
  readonly token: HandlerRunner<[]>
  readonly exception: HandlerRunner<[Error]>

  /** @param owner - the client that the handlers belong to. */
  constructor(owner: object) {
    // An error in the handler of exceptions is not reported to that handler again.
    this.exception = new HandlerRunner('onBackgroundException', owner, (error) => {
      diagnose('exception', () => ({ error }))
    })
    this.state = new HandlerRunner('onConnectionStateChange', owner, this.report)
    this.token = new HandlerRunner('onNewSastokenRequired', owner, this.report)
  }

  /** A background exception: no call can report it. */
  readonly report = (error: Error): void => {
    diagnose('exception', () => ({ error }))
    if (this.exception.handler !== undefined) this.exception.push(asDocumented(error))
  }

  stateChanged(): void {
    if (this.state.handler !== undefined) this.state.push()
  }

  /** Settles when no handler runs and no event waits. */
  async idle(): Promise<void> {
    await Promise.all([this.state.idle(), this.token.idle(), this.exception.idle()])
  }
}
