/** The enrollments of one kind: create, update, delete, list, bulk (DPS-ENR-01 to DPS-ENR-14). */

import type { Clock } from '../../base/clock.ts'
import type { Commits } from '../../core/contract/store/commits.ts'
import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import { HubError, toHubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { attestationDocument } from '../attestation/attestation-body.ts'
import { BodyReader } from '../body-reader.ts'
import type { Enrollments, Page, PageRequest } from '../contract/enrollments.ts'
import { keptKey } from '../../core/store/kept-key.ts'
import { newEtag } from '../names.ts'
import { badField, checkEtag, enrollmentNotFound } from '../refusals.ts'
import { keepRecords } from '../stored-record.ts'
import type { Enrollment } from './enrollment.ts'
import { enrollmentDocument, enrollmentOf, ID_FIELD } from './enrollment-body.ts'
import { checkQuery, inOrder, Pages } from './pages.ts'

const MOST_IN_BULK = 10
const MODES = ['create', 'update', 'updateIfMatchETag', 'delete'] as const
const LIST_FIELD = { individual: 'enrollments', group: 'enrollmentGroups' } as const
const STATE_KIND = { individual: 'enrollment', group: 'enrollmentGroup' } as const
const ITEM_TYPE = { individual: 'enrollment', group: 'enrollmentGroup' } as const

export interface StoreDependencies {
  readonly kind: 'individual' | 'group'
  readonly clock: Clock
  readonly random: Random
  readonly commits: Commits
  readonly linkedHubs: () => readonly string[]
  /** State of the registration of this id, for individual enrollments; undefined: there is none. */
  readonly stateOf: (registrationId: string) => JsonObject | undefined
  /** An enrollment was deleted. */
  readonly removed: (enrollment: Enrollment) => void
  /**
   * @param others by id.
   * @throws HubError GenericBadRequest when another enrollment would exceed a limit of the service.
   */
  readonly checkLimit: (
    enrollment: Pick<Enrollment, 'attestation'>,
    others: ReadonlyMap<string, Enrollment>,
  ) => void
}

export class EnrollmentStore implements Enrollments {
  readonly #deps: StoreDependencies
  /** By id in lower case. */
  readonly #records = new Map<string, Enrollment>()
  readonly #pages: Pages
  #sorted: readonly Enrollment[] | undefined

  constructor(deps: StoreDependencies) {
    this.#deps = deps
    this.#pages = new Pages(keptKey(deps.commits, `${ITEM_TYPE[deps.kind]}Pages`))
    keepRecords(deps.commits, STATE_KIND[deps.kind], this.#records, () => {
      this.#sorted = undefined
    })
  }

  /** Undefined: there is none. */
  find(id: string): Enrollment | undefined {
    return this.#records.get(id.toLowerCase())
  }

  /** Sorted by id. */
  get records(): readonly Enrollment[] {
    this.#sorted ??= inOrder(this.#records)
    return this.#sorted
  }

  has(id: string): boolean {
    return this.find(id) !== undefined
  }

  get(id: string): JsonObject {
    return this.#shown(this.#get(id), false)
  }

  attestation(id: string): JsonObject {
    return attestationDocument(this.#get(id).attestation, true)
  }

  put(id: string, body: Json, ifMatch?: string): JsonObject {
    const before = this.find(id)
    if (ifMatch === undefined && before !== undefined) throw exists(before)
    if (ifMatch !== undefined) checkEtag(ifMatch, this.#get(id).etag)
    return this.#shown(this.#write(id, body, before), true)
  }

  remove(id: string, ifMatch?: string): void {
    const record = this.#get(id)
    checkEtag(ifMatch, record.etag)
    this.#records.delete(id.toLowerCase())
    this.#changed(id)
    this.#deps.removed(record)
  }

  bulk(body: Json): JsonObject {
    const { kind } = this.#deps
    const reader = BodyReader.of(body, 'the body')
    const mode = reader.word('mode', MODES)
    if (mode === undefined)
      throw badField('mode', `to be one of ${MODES.join(', ')}`, undefined, 'DPS-ENR-13')
    const field = LIST_FIELD[kind]
    const entries = reader.list(field)
    if (entries === undefined || entries.length === 0 || entries.length > MOST_IN_BULK)
      throw badField(field, `to be a list of 1 to ${String(MOST_IN_BULK)} enrollments`, entries, 'DPS-ENR-13')
    const errors: JsonObject[] = []
    for (const entry of entries) {
      const id = isObject(entry) ? own(entry, ID_FIELD[kind]) : undefined
      try {
        if (typeof id !== 'string') throw badField(ID_FIELD[kind], 'to be a text', id, 'DPS-ENR-13')
        this.#one(mode, id, entry)
      } catch (error) {
        const { code, message } = toHubError(error)
        errors.push({
          [ID_FIELD[kind]]: typeof id === 'string' ? id : null,
          errorCode: code,
          errorStatus: message,
        })
      }
    }
    return { isSuccessful: errors.length === 0, errors }
  }

  query(body: Json, page: PageRequest): Page {
    const itemType = ITEM_TYPE[this.#deps.kind]
    checkQuery(body, itemType)
    const { rows, continuation } = this.#pages.page(this.records, ({ id }) => id, itemType, page)
    return { itemType, rows: rows.map((record) => this.#shown(record, false)), continuation }
  }

  list(): readonly JsonObject[] {
    return this.records.map((record) => this.#shown(record, false))
  }

  clear(): void {
    for (const id of this.#records.keys()) this.#changed(id)
    this.#records.clear()
  }

  #changed(id: string): void {
    this.#sorted = undefined
    this.#deps.commits.changed(STATE_KIND[this.#deps.kind], id.toLowerCase(), 2_048)
  }

  #one(mode: (typeof MODES)[number], id: string, entry: Json): void {
    switch (mode) {
      case 'create':
        this.put(id, entry)
        return
      case 'update':
        this.put(id, entry, '*')
        return
      case 'updateIfMatchETag':
        this.put(id, entry, etagIn(entry))
        return
      case 'delete':
        this.remove(id)
    }
  }

  #get(id: string): Enrollment {
    const record = this.find(id)
    if (record === undefined) throw enrollmentNotFound(this.#deps.kind, id)
    return record
  }

  #write(id: string, body: Json, before: Enrollment | undefined): Enrollment {
    const { kind, clock, random, linkedHubs, checkLimit } = this.#deps
    const context = { kind, random, before: before?.attestation, linkedHubs: linkedHubs() }
    const spec = enrollmentOf(before?.id ?? id, body, context)
    if (before === undefined) checkLimit(spec, this.#records)
    const now = clock.now()
    const record = { ...spec, etag: newEtag(random), createdAt: before?.createdAt ?? now, updatedAt: now }
    this.#records.set(id.toLowerCase(), record)
    this.#changed(id)
    return record
  }

  #shown(record: Enrollment, withKeys: boolean): JsonObject {
    const state = record.kind === 'individual' ? this.#deps.stateOf(record.id) : undefined
    return enrollmentDocument(record, withKeys, state)
  }
}

/** @throws HubError GenericBadRequest: an entry whose etag is to match must have one. */
function etagIn(entry: Json): string {
  const etag = isObject(entry) ? own(entry, 'etag') : undefined
  if (typeof etag === 'string' && etag !== '') return etag
  throw badField('etag', 'to be given with the mode updateIfMatchETag', etag, 'DPS-ENR-13')
}

function exists({ id, kind }: Enrollment): HubError {
  return new HubError({
    kind: 'GenericConflict',
    message: 'Resource already exists.',
    rule: 'DPS-ENR-04',
    expected: `an If-Match header to update the ${kind === 'group' ? 'group' : 'enrollment'} ${quoted(id)}, which exists`,
    received: 'none',
  })
}
