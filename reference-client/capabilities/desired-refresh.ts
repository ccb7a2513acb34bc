/**
 * Makes sure that the newest desired properties were received: after each new connection the twin is read, and when its
 * desired version is not the one last seen, the whole section is delivered as a patch. It subscribes to the answers
 * first (decision D-19).
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
  /** Version last seen; undefined: none yet. */
  #version: number | undefined
  #asking = false
  #askAgain = false
  #stopAlarm: () => void = () => undefined

  constructor(session: Session, twin: TwinAccess, deliver: (patch: TwinPatch) => void) {
    this.#session = session
    this.#twin = twin
    this.#deliver = deliver
  }

  /** Somebody wants patches. On a connection that is already up only the version is learnt, for later comparison. */
  arm(): void {
    if (this.#armed || !this.#session.settings.ensureDesiredProperties) return
    this.#armed = true
    if (this.#session.connection.connected) void this.#ask('learn')
  }

  /** A live patch came. */
  saw(patch: TwinPatch): void {
    if (typeof patch.$version === 'number') this.#version = patch.$version
  }

  attach(): void {
    if (this.#armed) void this.#ask('deliver')
  }

  detach(): void {
    this.#stopAlarm()
  }

  release(): void {
    // Its request is released where it waits.
  }

  async #ask(purpose: 'learn' | 'deliver'): Promise<void> {
    if (this.#asking) {
      this.#askAgain ||= purpose === 'deliver'
      return
    }
    this.#asking = true
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
      this.#asking = false
    }
    if (this.#askAgain) {
      this.#askAgain = false
      void this.#ask('deliver')
    }
  }

  /** The original asks again at once and for ever; an interval between is enough. */
  #tryLater(error: unknown): void {
    if (error instanceof OperationCancelled) return
    if (error instanceof Error) this.#session.report(error)
    this.#stopAlarm = this.#session.settings.clock.schedule(
      this.#session.settings.connectionRetryIntervalMs,
      () => void this.#ask('deliver'),
    )
  }
}
