/** Up to 100 registry changes in one request (WIRE-REG-10, WIRE-REG-11). */

import type { Hub } from '../../core/contract/hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { identityKey } from '../../core/contract/identity.ts'
import { checkTwinArrays } from '../../core/contract/api-versions.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { applyEntry, DEFAULT_MODE, ENTRY, identityOfEntry, type BulkEntry } from './bulk-entry.ts'
import type { HubRoutes } from '../common/route-context.ts'

/** The error of an entry that failed. */
export interface BulkError {
  readonly deviceId: string
  readonly moduleId?: string
  /** Six digits, as in the service's own import logs. */
  readonly errorCode: number
  readonly errorStatus: string
  /** The import mode of the entry. */
  readonly operation: string
}

const MAX_ENTRIES = 100
const BULK = { type: 'array', items: ENTRY } as const

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
        const error = tryEntry(hub, entry, apiVersionOf(request))
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

/** Modes that write twins. */
const TWIN = /twin/i

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
    const identity = identityOfEntry(entry)
    // Twins of two modules of one device are refused; that two modules of one are created together is recorded.
    const key = TWIN.test(entry.importMode ?? '') ? identity.deviceId : identityKey(identity)
    if (seen.has(key))
      throw new HubError({
        kind: 'DeviceDefinedMultipleTimes',
        message: `DeviceDefinedMultipleTimes, device ID ${identity.deviceId}`,
        rule: 'WIRE-REG-10',
        expected: 'each identity at most once, and one twin of a device',
        received: `${key.slice(0, 260)} more than once`,
      })
    seen.add(key)
  }
}

function tryEntry(hub: Hub, entry: BulkEntry, apiVersion: string | undefined): BulkError | undefined {
  try {
    checkTwinArrays(apiVersion, entry.tags, entry.properties?.desired)
    applyEntry(hub, entry, 'request')
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
      operation: entry.importMode ?? DEFAULT_MODE,
    }
  }
}
