/** Keeps the SAS token valid: renews it in time, or asks the application for a new one and takes it over. */

import { SasTokenCredentials } from '../auth/fixed-credentials.ts'
import { Renewal } from '../auth/renewal.ts'
import { assertNotExpired, parseSasToken } from '../auth/sas-token.ts'
import type { Connection } from '../connection/connection.ts'
import { asDocumented } from '../core/errors/as-documented.ts'
import { ClientError } from '../core/errors/client-errors.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { Identity } from '../core/ports.ts'
import type { ClientEvents } from './client-events.ts'
import type { ClientParts } from './client-parts.ts'

export class TokenLifecycle {
  readonly #parts: ClientParts
  readonly #connection: Connection
  readonly #events: ClientEvents
  readonly #renewal: Renewal
  /** A new token is due, and no handler was set to be told (decision D-25). */
  #pending = false
  /** The hub refused the current token: the next connection carries a new one if the client can make it (decision 66). */
  #refused = false

  constructor(parts: ClientParts, connection: Connection, events: ClientEvents) {
    this.#parts = parts
    this.#connection = connection
    this.#events = events
    this.#renewal = new Renewal(parts.credentials, parts.settings.clock, () => void this.#renew())
    this.#renewal.watch()
  }

  stop(): void {
    this.#renewal.stop()
  }

  /** A handler of `onNewSastokenRequired` was set: it hears of a token that has been due since. */
  handlerSet(): void {
    if (this.#events.token.handler !== undefined && this.#pending) this.#requireToken()
  }

  /** Takes over a token of the application and re-authorizes the connection. @throws ClientError, ValueError. */
  async update(sastoken: string): Promise<void> {
    const { credentials, hostName, identity, settings } = this.#parts
    if (!(credentials instanceof SasTokenCredentials)) {
      throw new ClientError('Cannot update sastoken when client was not created with one')
    }
    const token = parseSasToken(sastoken)
    const mismatch = mismatchOf(token, hostName, identity)
    if (mismatch !== undefined) throw new ValueError(mismatch)
    assertNotExpired(token, settings.clock.now() / 1_000)
    credentials.replace(token)
    this.#pending = false
    this.#renewal.watch()
    await this.#connection.run('reauthorize')
  }

  /** The hub refused the token of a CONNECT. */
  refused(): void {
    this.#refused = true
  }

  /** A connection is about to be opened. @returns a promise when a new token has to be waited for; it may be rejected. */
  beforeDial(): void | Promise<void> {
    const { credentials } = this.#parts
    if (!this.#refused || credentials.renew === undefined) return
    const renewed = (): void => {
      this.#refused = false
      if (!this.#connection.stopped) this.#renewal.watch()
    }
    const making = credentials.renew()
    if (making === undefined) renewed()
    else return making.then(renewed)
  }

  /** The token expires soon. */
  async #renew(): Promise<void> {
    const { credentials, settings } = this.#parts
    if (credentials.renew === undefined) {
      this.#requireToken()
      return
    }
    try {
      await credentials.renew()
    } catch (error) {
      this.#events.report(asDocumented(error))
      this.#renewal.again(settings.connectionRetryIntervalMs)
      return
    }
    this.#refused = false
    if (this.#connection.stopped) return
    this.#renewal.watch()
    // The connection itself reports and retries an attempt that fails.
    await this.#connection.run('renew').catch(() => undefined)
  }

  #requireToken(): void {
    this.#pending = this.#events.token.handler === undefined
    if (!this.#pending) this.#events.token.push()
  }
}

/** The first difference, in the order of the Python SDK (docs/contract/client/sas-tokens.md#client-update-sastoken). */
function mismatchOf(
  token: { readonly hostName: string; readonly identity: Identity },
  hostName: string,
  identity: Identity,
): string | undefined {
  if (identity.moduleId === undefined && token.identity.moduleId !== undefined) {
    return 'Provided SasToken is for a module'
  }
  if (identity.moduleId !== undefined && token.identity.moduleId === undefined) {
    return 'Provided SasToken is for a device'
  }
  if (token.identity.deviceId !== identity.deviceId) {
    return 'Provided SasToken does not match existing device id'
  }
  if (token.identity.moduleId !== identity.moduleId) {
    return 'Provided SasToken does not match existing module id'
  }
  return token.hostName === hostName ? undefined : 'Provided SasToken does not match existing hostname'
}
