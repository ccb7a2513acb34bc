/** One change of the registry, in a bulk request or a line of an import file. */

import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { ifMatchOf } from '../../core/contract/etag.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { checkWritable } from '../../core/contract/system-modules.ts'
import type { SectionImport, TwinImport, TwinUpdate } from '../../core/contract/twins.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { lineReader } from '../common/line-reader.ts'
import { IDENTITY_PROPERTIES, replacementOf, specOf, type IdentityBody } from './identity-body.ts'
import { updateOf, withoutOwn } from './twin-update.ts'

export interface BulkEntry extends IdentityBody {
  id: string
  importMode?: string | null
  eTag?: string | null
  etag?: string | null
  twinETag?: string | null
  tags?: JsonObject | null
  properties?: { desired?: JsonObject | null; reported?: JsonObject | null } | null
}

const NULLABLE_OBJECT = { type: ['object', 'null'] } as const
const NULLABLE_TEXT = { type: ['string', 'null'] } as const

/** JSON schema of an entry. */
export const ENTRY = {
  type: 'object',
  required: ['id'],
  properties: {
    ...IDENTITY_PROPERTIES,
    id: { type: 'string' },
    importMode: NULLABLE_TEXT,
    eTag: NULLABLE_TEXT,
    etag: NULLABLE_TEXT,
    twinETag: NULLABLE_TEXT,
    tags: NULLABLE_OBJECT,
    properties: {
      type: ['object', 'null'],
      properties: { desired: NULLABLE_OBJECT, reported: NULLABLE_OBJECT },
    },
  },
} as const

const readLine = lineReader(ENTRY)

/** A line of an import file as an entry. @throws HubError as a request body that cannot be read. */
export function readEntry(line: JsonObject): BulkEntry {
  // The schema is that of an entry.
  return readLine(line) as BulkEntry
}

type BulkHub = Pick<Hub, 'registry' | 'twins'>

/** Where an entry comes from: a line of a file writes whole twins, with reported properties and metadata (WIRE-JOB-06). */
export type EntrySource = 'request' | 'file'

/** An entry, and what it is applied to. */
interface Task {
  readonly hub: BulkHub
  readonly identity: Identity
  readonly entry: BulkEntry
  readonly source: EntrySource
  /** The `If-Match` that the etag of the identity asks for. */
  readonly ifMatch: string
  /** The `If-Match` that the etag of the twin asks for. */
  readonly twinMatch: string
}

const ANY = '*'

/** What the import modes do, by the name in lower case: it is read without regard to case. */
const CHANGES: ReadonlyMap<string, (task: Task) => void> = new Map<string, (task: Task) => void>([
  ['create', create],
  [
    'createorupdate',
    (task) => {
      createOrUpdate({ ...task, ifMatch: ANY })
    },
  ],
  ['createorupdateifmatchetag', createOrUpdate],
  [
    'update',
    (task) => {
      update({ ...task, ifMatch: ANY })
    },
  ],
  ['updateifmatchetag', update],
  [
    'delete',
    (task) => {
      remove({ ...task, ifMatch: ANY })
    },
  ],
  ['deleteifmatchetag', remove],
  [
    'updatetwin',
    (task) => {
      writeTwin({ ...task, twinMatch: ANY })
    },
  ],
  ['updatetwinifmatchetag', writeTwin],
])

/** The mode of an entry that names none. */
export const DEFAULT_MODE = 'createOrUpdate'

/**
 * Makes one change. A mode `…IfMatchETag` whose entry has no etag means any.
 * @throws HubError as the registry and the twins do; ArgumentInvalid for an unknown import mode;
 *   SystemModuleModifyUnauthorizedAccess for the modules of the IoT Edge runtime.
 */
export function applyEntry(hub: BulkHub, entry: BulkEntry, source: EntrySource): void {
  const mode = entry.importMode ?? DEFAULT_MODE
  const change = CHANGES.get(mode.toLowerCase())
  if (change === undefined)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: `Unknown importMode: ${mode.slice(0, 40)}.`,
      rule: 'WIRE-REG-10',
      expected:
        'importMode create, createOrUpdate, update, delete or updateTwin, or one of the last four with IfMatchETag',
      received: mode.slice(0, 40),
    })
  const identity = identityOfEntry(entry)
  checkWritable(identity)
  const etag = entry.eTag ?? entry.etag
  const twinMatch = ifMatchOf(entry.twinETag ?? etag)
  change({ hub, identity, entry, source, ifMatch: ifMatchOf(etag), twinMatch })
}

export function identityOfEntry({ id, moduleId }: BulkEntry): Identity {
  return moduleId == null ? { deviceId: id } : { deviceId: id, moduleId }
}

/** The twin begins with what the entry says of it. */
function create({ hub, identity, entry, source }: Task): void {
  hub.twins.begin(identity, importOf(entry, source), () => {
    hub.registry.create(identity, specOf(entry))
  })
}

/** The etag of the twin, where there is one, is checked apart from that of the identity. */
function createOrUpdate(task: Task): void {
  const { hub, identity, entry } = task
  if (hub.registry.find(identity) === undefined) {
    create(task)
    return
  }
  update(task)
  const { desired, reported } = entry.properties ?? {}
  const writes = entry.tags != null || desired != null || (task.source === 'file' && reported != null)
  if (writes) writeTwin({ ...task, twinMatch: ifMatchOf(entry.twinETag) })
}

/** The entry is the new identity: what it leaves out is reset, as with PUT. */
function update({ hub, identity, entry, ifMatch }: Task): void {
  hub.registry.update(identity, replacementOf(identity, entry), ifMatch)
}

function remove({ hub, identity, ifMatch }: Task): void {
  hub.registry.remove(identity, ifMatch)
}

function writeTwin({ hub, identity, entry, source, twinMatch }: Task): void {
  if (source === 'file') hub.twins.overwrite(identity, importOf(entry, source), twinMatch)
  else hub.twins.patch(identity, twinOf(entry), twinMatch)
}

/** In a request nobody but the device writes reported properties. */
function twinOf({ tags, properties }: BulkEntry): TwinUpdate {
  const desired = properties?.desired
  return updateOf({
    ...(tags === undefined ? {} : { tags }),
    properties: desired === undefined ? {} : { desired },
  })
}

function importOf(entry: BulkEntry, source: EntrySource): TwinImport {
  const { tags, desired } = twinOf(entry)
  const { desired: givenDesired, reported: givenReported } = entry.properties ?? {}
  const isFile = source === 'file'
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(desired == null ? {} : { desired: sectionOf(desired, isFile ? givenDesired : undefined) }),
    ...(isFile && givenReported != null
      ? { reported: sectionOf(withoutOwn(givenReported), givenReported) }
      : {}),
  }
}

/** @param told the section with its `$metadata` and `$version`; undefined: they do not count. */
function sectionOf(properties: JsonObject, told: JsonObject | null | undefined): SectionImport {
  const metadata: Json | undefined = told?.['$metadata']
  const version: Json | undefined = told?.['$version']
  return {
    properties,
    ...(isObject(metadata) ? { metadata } : {}),
    ...(typeof version === 'number' ? { version } : {}),
  }
}
