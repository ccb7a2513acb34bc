/** The records of registrations (DPS-STATE-01 to DPS-STATE-03). */

import type { Clock } from '../../base/clock.ts'
import type { Commits } from '../../core/contract/store/commits.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import type { Page, PageRequest } from '../contract/enrollments.ts'
import type { Registrations } from '../contract/provisioning.ts'
import type { Attested } from '../attestation/attestor.ts'
import { inOrder, Pages } from '../enrollments/pages.ts'
import { keptKey } from '../../core/store/kept-key.ts'
import { newEtag, sameId } from '../names.ts'
import { checkEtag, enrollmentNotFound, registrationNotFound } from '../refusals.ts'
import { keepRecords } from '../stored-record.ts'
import { stateDocument, type Outcome, type Registration } from './registration.ts'

export class RegistrationStore implements Registrations {
  readonly #clock: Clock
  readonly #random: Random
  readonly #groupExists: (id: string) => boolean
  readonly #commits: Commits
  /** By registration id in lower case. */
  readonly #records = new Map<string, Registration>()
  readonly #pages: Pages
  /** All records have been replaced by others. */
  onLoaded: () => void = () => undefined

  constructor(clock: Clock, random: Random, commits: Commits, groupExists: (id: string) => boolean) {
    this.#commits = commits
    this.#pages = new Pages(keptKey(commits, 'registrationPages'))
    keepRecords(commits, 'registration', this.#records, () => {
      this.onLoaded()
    })
    this.#clock = clock
    this.#random = random
    this.#groupExists = groupExists
  }

  /** Undefined: the device never registered. */
  find(registrationId: string): Registration | undefined {
    return this.#records.get(registrationId.toLowerCase())
  }

  /**
   * A registration in its one spelling: that of its record, else of its individual enrollment, else as the device sent it.
   * Its device is named after it, and is the same device however the id is spelt later.
   */
  spelt(registrationId: string, { enrollment: { kind, id } }: Attested): string {
    return this.find(registrationId)?.registrationId ?? (kind === 'individual' ? id : registrationId)
  }

  /** Records the outcome of a registration; a failed one leaves the earlier assignment. */
  put(registrationId: string, attested: Attested, outcome: Outcome, operationId?: string): Registration {
    const { enrollment, leaf } = attested
    const before = this.find(registrationId)
    const now = this.#clock.now()
    const { kind, id } = enrollment
    const record: Registration = {
      registrationId: this.spelt(registrationId, attested),
      enrollment: { kind, id },
      outcome,
      assigned: outcome.status === 'assigned' ? outcome.assigned : before?.assigned,
      leaf,
      etag: newEtag(this.#random),
      operationId,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    }
    this.#records.set(registrationId.toLowerCase(), record)
    this.#changed(registrationId)
    return record
  }

  get(registrationId: string): JsonObject {
    return stateDocument(this.#get(registrationId))
  }

  remove(registrationId: string, ifMatch: string | undefined): void {
    const { etag } = this.#get(registrationId)
    // The body shows it in base64; both spellings are the same etag.
    if (ifMatch?.trim() !== Buffer.from(`"${etag}"`).toString('base64')) checkEtag(ifMatch, etag)
    this.forget(registrationId)
  }

  /** An individual enrollment takes the state of its registration along. */
  forget(registrationId: string): void {
    this.#records.delete(registrationId.toLowerCase())
    this.#changed(registrationId)
  }

  ofGroup(enrollmentGroupId: string, page: PageRequest): Page {
    if (!this.#groupExists(enrollmentGroupId)) throw enrollmentNotFound('group', enrollmentGroupId)
    const rows = inOrder(this.#records).filter(
      ({ enrollment: { kind, id } }) => kind === 'group' && sameId(id, enrollmentGroupId),
    )
    const list = `registrations of ${enrollmentGroupId.toLowerCase()}`
    const { rows: shown, continuation } = this.#pages.page(rows, idOf, list, page)
    return { itemType: 'deviceRegistration', rows: shown.map((row) => stateDocument(row)), continuation }
  }

  list(): readonly JsonObject[] {
    return inOrder(this.#records).map((row) => stateDocument(row))
  }

  clear(): void {
    for (const id of this.#records.keys()) this.#changed(id)
    this.#records.clear()
  }

  #changed(registrationId: string): void {
    this.#commits.changed('registration', registrationId.toLowerCase(), 2_048)
  }

  #get(registrationId: string): Registration {
    const record = this.find(registrationId)
    if (record === undefined) throw registrationNotFound(registrationId)
    return record
  }
}

function idOf({ registrationId }: Registration): string {
  return registrationId
}
