/** Operations: each run of a registration, which its device polls until it is decided. */

import type { Clock } from '../../base/clock.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { sameId } from '../names.ts'
import type { Registration } from './registration.ts'

/** How long an operation that has ended can be polled (DPS-POLL-11). */
const KEPT_MS = 3_600_000

export interface Operation {
  readonly id: string
  readonly registrationId: string
  /** Polls that are still answered with `assigning`, whatever is decided. */
  assigningPolls: number
  /** Undefined: not yet decided. */
  ended: Registration | undefined
}

interface Kept {
  readonly operation: Operation
  readonly startedAt: number
}

export class RegistrationOperations {
  readonly #clock: Clock
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  start(id: string, registrationId: string, assigningPolls: number): Operation {
    const now = this.#clock.now()
    for (const [oldId, { operation, startedAt }] of this.#kept) {
      if (now - startedAt < KEPT_MS) break
      if (operation.ended !== undefined) this.#kept.delete(oldId)
    }
    const operation = { id, registrationId, assigningPolls, ended: undefined }
    this.#kept.set(id, { operation, startedAt: now })
    return operation
  }

  /**
   * @param latest of this registration: an operation that ended before the hub was started again is found by it.
   * @throws HubError GenericNotFound for an operation that is not there, or another registration's (DPS-POLL-10).
   */
  get(id: string, registrationId: string, latest: Registration | undefined): Operation {
    const operation = this.#kept.get(id)?.operation
    if (operation !== undefined && sameId(operation.registrationId, registrationId)) return operation
    if (latest?.operationId === id && this.#clock.now() - latest.updatedAt < KEPT_MS)
      return { id, registrationId, assigningPolls: 0, ended: latest }
    throw new HubError({
      kind: 'GenericNotFound',
      message: 'Operation not found.',
      rule: 'DPS-POLL-10',
      expected: `the id of an operation of the registration ${quoted(registrationId)}`,
      received: quoted(id),
    })
  }

  clear(): void {
    this.#kept.clear()
  }
}
