/** Up to 100 registry changes in one request (WIRE-REG-10, WIRE-REG-11). */

import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { identityKey, type Identity } from '../../core/contract/identity.ts'
import { IDENTITY_PROPERTIES, specOf, type IdentityBody } from './identity-body.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { updateOf } from './twin-update.ts'

/** One change: an entry of a bulk request, or a line of an import file. */
export interface BulkEntry extends IdentityBody {
  id: string
  importMode?: string | null
  eTag?: string | null
  etag?: string | null
  twinETag?: string | null
  tags?: JsonObject | null
  properties?: { desired?: JsonObject | null; reported?: JsonObject | null } | null
}

/** The error of an entry that failed. */
export interface BulkError {
  readonly deviceId: string
  readonly moduleId?: string
  /** Six digits, as in the service's own import logs. */
  readonly errorCode: number
  readonly errorStatus: string
}

const MAX_ENTRIES = 100
const NULLABLE_OBJECT = { type: ['object', 'null'] } as const
const NULLABLE_TEXT = { type: ['string', 'null'] } as const
const BULK = {
  type: 'array',
  items: {
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
  },
} as const

export const bulkRegistryRoutes: HubRoutes = (app, { hub }, done) => {
  app.post<{ Body: readonly BulkEntry[] }>(
    '/devices',
    {
      config: { access: { service: ['RegistryWrite'] }, throttle: 'registry' },
      // Room for 100 twins of maximum size.
      bodyLimit: 8 * 2 ** 20,
      schema: { tags: ['registry'], summary: 'Create, update or delete up to 100 identities', body: BULK },
    },
    (request, reply) => {
      checkEntries(request.body)
      const errors: BulkError[] = []
      for (const entry of request.body) {
        const error = tryEntry(hub, entry)
        if (error !== undefined) errors.push(error)
      }
      const isSuccessful = errors.length === 0
      if (!isSuccessful) {
        // The .NET SDK treats this 400 as a result only when the second header is present.
        const kind = 'BulkRegistryOperationFailure'
        void reply.code(400).header('iothub-errorcode', kind).header('IotHubErrorCode', kind)
      }
      return reply.send({ isSuccessful, errors, warnings: [] })
    },
  )
  done()
}

/** @throws HubError TooManyDevices, DeviceDefinedMultipleTimes. */
function checkEntries(entries: readonly BulkEntry[]): void {
  if (entries.length > MAX_ENTRIES)
    throw new HubError({
      kind: 'TooManyDevices',
      message: `Expected at most ${String(MAX_ENTRIES)} devices in a bulk request; given: ${String(entries.length)}.`,
      rule: 'WIRE-REG-10',
      expected: `at most ${String(MAX_ENTRIES)} entries`,
      received: `${String(entries.length)} entries`,
    })
  const seen = new Set<string>()
  for (const entry of entries) {
    const key = identityKey(identityOfEntry(entry))
    if (seen.has(key))
      throw new HubError({
        kind: 'DeviceDefinedMultipleTimes',
        message: `${key} occurs more than once in the request.`,
        rule: 'WIRE-REG-10',
        expected: 'each identity at most once',
        received: `${key.slice(0, 260)} more than once`,
      })
    seen.add(key)
  }
}

function tryEntry(hub: Hub, entry: BulkEntry): BulkError | undefined {
  try {
    applyEntry(hub, entry)
    return undefined
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const { deviceId, moduleId } = identityOfEntry(entry)
    hub.refuse(error, { transport: 'https' })
    return {
      deviceId,
      ...(moduleId === undefined ? {} : { moduleId }),
      errorCode: error.code,
      errorStatus: error.message,
    }
  }
}

/**
 * Makes one change. `importMode` is matched without case; the default is `create`.
 * @throws HubError as the registry and the twins do; ArgumentInvalid for an unknown import mode.
 */
export function applyEntry(hub: Pick<Hub, 'registry' | 'twins'>, entry: BulkEntry): void {
  const identity = identityOfEntry(entry)
  const etag = entry.eTag ?? entry.etag ?? ''
  const mode = (entry.importMode ?? 'create').toLowerCase()
  switch (mode) {
    case 'create':
      hub.registry.create(identity, specOf(entry))
      writeTwin(hub, identity, entry, undefined)
      return
    case 'update':
      hub.registry.update(identity, specOf(entry), '*')
      return
    case 'updateifmatchetag':
      hub.registry.update(identity, specOf(entry), etag)
      return
    case 'delete':
      hub.registry.remove(identity, '*')
      return
    case 'deleteifmatchetag':
      hub.registry.remove(identity, etag)
      return
    case 'updatetwin':
      writeTwin(hub, identity, entry, '*')
      return
    case 'updatetwinifmatchetag':
      writeTwin(hub, identity, entry, entry.twinETag ?? etag)
      return
    default:
      throw new HubError({
        kind: 'ArgumentInvalid',
        message: `Unknown importMode: ${mode.slice(0, 40)}.`,
        rule: 'WIRE-REG-10',
        expected:
          'create, update, updateIfMatchETag, delete, deleteIfMatchETag, updateTwin or updateTwinIfMatchETag',
        received: mode.slice(0, 40),
      })
  }
}

/** At creation a twin is written only when the entry has tags or desired properties. */
function writeTwin(
  hub: Pick<Hub, 'twins'>,
  identity: Identity,
  { tags, properties }: BulkEntry,
  ifMatch: string | undefined,
): void {
  const desired = properties?.desired
  if (ifMatch === undefined && tags == null && desired == null) return
  // An exported entry contains reported properties, but only the device may write them.
  const update = updateOf({
    ...(tags === undefined ? {} : { tags }),
    properties: desired === undefined ? {} : { desired },
  })
  hub.twins.patch(identity, update, ifMatch)
}

function identityOfEntry({ id, moduleId }: BulkEntry): Identity {
  return moduleId == null ? { deviceId: id } : { deviceId: id, moduleId }
}
