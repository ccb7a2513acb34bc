/** Operations: each run of a registration, which its device polls until it is decided. */

import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Commits, StateDocument } from '../../core/contract/store/commits.ts'
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
  /** What the device asked for, to be decided again after a restart. */
  readonly asked: Asked
  /** Whether this process decides it; false: an earlier one began, and the next poll lets it go on. */
  running: boolean
  /** Undefined: not yet decided. */
  ended: Registration | undefined
}

export interface Asked {
  readonly apiVersion: string
  /** `payload` of the device. */
  readonly payload?: Json | undefined
}

interface Kept {
  readonly operation: Operation
  readonly startedAt: number
}

/** An operation that is not decided. */
interface StoredOperation extends Asked {
  readonly registrationId: string
  readonly startedAt: number
}

const KIND = 'registrationOperation'

export class RegistrationOperations {
  readonly #clock: Clock
  readonly #commits: Commits
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock, commits: Commits) {
    this.#clock = clock
    this.#commits = commits
    commits.keep<StoredOperation>({
      kind: KIND,
      keys: () =>
        [...this.#kept].flatMap(([id, { operation }]) => (operation.ended === undefined ? [id] : [])),
      read: (id) => this.#stored(id),
      problem: (value) => (isStored(value) ? undefined : 'an operation that none can go on with'),
      load: (documents) => {
        this.#load(documents)
      },
    })
  }

  /** @param asked what the device asked for. */
  start(id: string, registrationId: string, assigningPolls: number, asked: Asked): Operation {
    const now = this.#clock.now()
    for (const [oldId, { operation, startedAt }] of this.#kept) {
      if (now - startedAt < KEPT_MS) break
      if (operation.ended === undefined && operation.running) continue
      this.#kept.delete(oldId)
      this.#changed(oldId)
    }
    const operation = { id, registrationId, assigningPolls, asked, running: true, ended: undefined }
    this.#kept.set(id, { operation, startedAt: now })
    this.#changed(id)
    return operation
  }

  end(operation: Operation, ended: Registration): void {
    operation.ended = ended
    this.#changed(operation.id)
  }

  /**
   * @param latest of this registration: an operation that ended before the hub was started again is found by it.
   * @throws HubError GenericNotFound for an operation that is not there, or another registration's (DPS-POLL-10).
   */
  get(id: string, registrationId: string, latest: Registration | undefined): Operation {
    const operation = this.#kept.get(id)?.operation
    if (operation !== undefined && sameId(operation.registrationId, registrationId)) return operation
    if (latest?.operationId === id && this.#clock.now() - latest.updatedAt < KEPT_MS)
      return { ...OF_BEFORE, id, registrationId, ended: latest }
    throw new HubError({
      kind: 'GenericNotFound',
      message: 'Operation not found.',
      rule: 'DPS-POLL-10',
      expected: `the id of an operation of the registration ${quoted(registrationId)}`,
      received: quoted(id),
    })
  }

  clear(): void {
    const ids = [...this.#kept.keys()]
    this.#kept.clear()
    for (const id of ids) this.#changed(id)
  }

  #stored(id: string): StoredOperation | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined || kept.operation.ended !== undefined) return undefined
    const { registrationId, asked } = kept.operation
    return { registrationId, startedAt: kept.startedAt, ...asked }
  }

  #load(documents: readonly StateDocument<StoredOperation>[]): void {
    this.#kept.clear()
    const oldestFirst = [...documents].sort((a, b) => a.value.startedAt - b.value.startedAt)
    for (const { key: id, value } of oldestFirst) {
      const { registrationId, startedAt, ...asked } = value
      const operation = { ...OF_BEFORE, id, registrationId, asked }
      this.#kept.set(id, { operation, startedAt })
    }
  }

  #changed(id: string): void {
    this.#commits.changed(KIND, id, 512)
  }
}

/** An operation that an earlier process began. */
const OF_BEFORE = { assigningPolls: 0, asked: { apiVersion: '' }, running: false, ended: undefined } as const

function isStored(value: unknown): value is StoredOperation {
  if (typeof value !== 'object' || value === null) return false
  const { registrationId, startedAt, apiVersion } = value as Readonly<Record<string, unknown>>
  return typeof registrationId === 'string' && typeof startedAt === 'number' && typeof apiVersion === 'string'
}
