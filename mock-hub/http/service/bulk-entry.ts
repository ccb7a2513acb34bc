/** One change of the registry, in a bulk request or a line of an import file. */

import type { FastifySchemaValidationError } from 'fastify'
import type { JsonObject } from '../../base/json.ts'
import { ifMatchOf } from '../../core/contract/etag.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { TwinUpdate } from '../../core/contract/twins.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { schemaCompiler } from '../../http-common/schema-compiler.ts'
import { normalised } from '../common/lenient-values.ts'
import { schemaError } from '../common/validation.ts'
import { IDENTITY_PROPERTIES, specOf, type IdentityBody } from './identity-body.ts'
import { updateOf } from './twin-update.ts'

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

const validate = schemaCompiler({ useDefaults: false })({ schema: ENTRY })

/** A line of an import file as an entry. @throws HubError as a request body that cannot be read. */
export function readEntry(line: JsonObject): BulkEntry {
  const entry = normalised(line, ENTRY)
  if (!validate(entry)) throw schemaError((validate.errors ?? []) as FastifySchemaValidationError[], 'body')
  // The schema is that of an entry.
  return entry as BulkEntry
}

type BulkHub = Pick<Hub, 'registry' | 'twins'>

/** What an import mode does. @param match the `If-Match` that the entry's etags ask for. */
type Change = (
  hub: BulkHub,
  entry: BulkEntry,
  match: { readonly identity: string; readonly twin: string },
) => void

const ANY = '*'

/** By the name in lower case: it is read without regard to case. */
const CHANGES: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['create', create],
  [
    'createorupdate',
    (hub, entry, match) => {
      createOrUpdate(hub, entry, { ...match, identity: ANY })
    },
  ],
  ['createorupdateifmatchetag', createOrUpdate],
  [
    'update',
    (hub, entry) => {
      update(hub, entry, ANY)
    },
  ],
  [
    'updateifmatchetag',
    (hub, entry, { identity }) => {
      update(hub, entry, identity)
    },
  ],
  [
    'delete',
    (hub, entry) => {
      hub.registry.remove(identityOfEntry(entry), ANY)
    },
  ],
  [
    'deleteifmatchetag',
    (hub, entry, { identity }) => {
      hub.registry.remove(identityOfEntry(entry), identity)
    },
  ],
  [
    'updatetwin',
    (hub, entry) => {
      hub.twins.patch(identityOfEntry(entry), twinOf(entry), ANY)
    },
  ],
  [
    'updatetwinifmatchetag',
    (hub, entry, { twin }) => {
      hub.twins.patch(identityOfEntry(entry), twinOf(entry), twin)
    },
  ],
])

/** The mode of an entry that names none. */
export const DEFAULT_MODE = 'createOrUpdate'

/**
 * Makes one change. A mode `…IfMatchETag` whose entry has no etag means any.
 * @throws HubError as the registry and the twins do; ArgumentInvalid for an unknown import mode.
 */
export function applyEntry(hub: BulkHub, entry: BulkEntry): void {
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
  const etag = entry.eTag ?? entry.etag
  change(hub, entry, { identity: ifMatchOf(etag), twin: ifMatchOf(entry.twinETag ?? etag) })
}

export function identityOfEntry({ id, moduleId }: BulkEntry): Identity {
  return moduleId == null ? { deviceId: id } : { deviceId: id, moduleId }
}

/** The twin begins with what the entry says of it. */
function create(hub: BulkHub, entry: BulkEntry): void {
  const identity = identityOfEntry(entry)
  hub.twins.begin(identity, twinOf(entry), () => {
    hub.registry.create(identity, specOf(entry))
  })
}

/** The etag of the twin, where there is one, is checked apart from that of the identity. */
function createOrUpdate(hub: BulkHub, entry: BulkEntry, match: Parameters<Change>[2]): void {
  const identity = identityOfEntry(entry)
  if (hub.registry.find(identity) === undefined) {
    create(hub, entry)
    return
  }
  update(hub, entry, match.identity)
  const twin = twinOf(entry)
  if (twin.tags != null || twin.desired != null) hub.twins.patch(identity, twin, ifMatchOf(entry.twinETag))
}

function update(hub: BulkHub, entry: BulkEntry, ifMatch: string): void {
  hub.registry.update(identityOfEntry(entry), specOf(entry), ifMatch)
}

/** An exported entry brings its reported properties along; nobody but the device writes those. */
function twinOf({ tags, properties }: BulkEntry): TwinUpdate {
  const desired = properties?.desired
  return updateOf({
    ...(tags === undefined ? {} : { tags }),
    properties: desired === undefined ? {} : { desired },
  })
}
