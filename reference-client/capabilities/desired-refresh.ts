/**
 * Makes sure that the client has the newest desired properties. After each new connection it reads the twin; when the
 * desired version differs from the last one seen, it delivers the whole section as a patch. It subscribes to the
 * responses first (decision D-19).
 * Source: docs/contract/client/twin.md#client-ensure; BOTH-ENSURE-01 … 03; SRC-20.
 */

import { OperationCancelled } from '../core/errors/operation-errors.ts'
import type { TwinPatch } from '../core/models/twin.ts'
import type { ConnectionAware } from '../core/ports.ts'
import type { Session } from './session.ts'
import type { TwinAccess } from './twin.ts'

export class DesiredRefresh implements ConnectionAware {
  readonly #session: Session
  readonly #twin: TwinAccess
  readonly #deliver: (patch: TwinPatch) => void
  #armed = false
  /** The last version seen; undefined: none yet. */
  #version: number | undefined
  #reading = false
  #readAgain = false
  #stopAlarm: () => void = () => undefined

  constructor(session: Session, twin: TwinAccess, deliver: (patch: TwinPatch) => void) {
    this.#session = session
    this.#twin = twin
    this.#deliver = deliver
  }

  /** The application wants patches. On an existing connection, only the version is remembered for later comparison. */
  arm(): void {
    if (this.#armed || !this.#session.settings.ensureDesiredProperties) return
    this.#armed = true
    if (this.#session.connection.connected) void this.#read('remember')
  }

  /** A patch arrived. */
  saw(patch: TwinPatch): void {
    if (typeof patch.$version === 'number') this.#version = patch.$version
  }

  attach(): void {
    if (this.#armed) void this.#read('deliver')
  }

  detach(): void {
    this.#stopAlarm()
  }

  release(): void {
    // `Requests` releases the request.
  }

  async #read(purpose: 'remember' | 'deliver'): Promise<void> {
    if (this.#reading) {
      this.#readAgain ||= purpose === 'deliver'
      return
    }
    this.#reading = true
    try {
      const { desired } = await this.#twin.get(undefined)
      const before = this.#version
      if (purpose === 'deliver' && desired.$version !== before) {
        this.#version = desired.$version
        this.#deliver(desired)
      } else this.#version ??= desired.$version
    } catch (error) {
      if (purpose === 'deliver' && this.#session.connection.connected) this.#tryLater(error)
    } finally {
      this.#reading = false
    }
    if (this.#readAgain) {
      this.#readAgain = false
      void this.#read('deliver')
    }
  }

  /** The Python SDK retries at once and without end; here the retry interval lies between. */
  #tryLater(error: unknown): void {
    if (error instanceof OperationCancelled) return
    if (error instanceof Error) this.#session.report(error)
    this.#stopAlarm = this.#session.settings.clock.schedule(
      this.#session.settings.connectionRetryIntervalMs,
      () => void this.#read('deliver'),
    )
  }
}
