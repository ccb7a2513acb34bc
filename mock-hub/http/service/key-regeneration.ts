/** `POST /devices/keys/regenerate`: new symmetric keys for up to 100 devices and modules (api-version 2024-03-31 and later). */

import type { Hub } from '../../core/contract/hub.ts'
import { identityKey, type Identity } from '../../core/contract/identity.ts'
import type { KeyChoice } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { notFound } from '../common/errors.ts'
import type { HubRoutes } from '../common/route-context.ts'

interface Target {
  id: string
  moduleId?: string | null
}

interface KeysBody {
  policyKey?: KeyChoice | 'Unknown' | null
  devices: readonly Target[]
}

/** First api-version that has the route. */
const SINCE = '2024-03-31'
const MAX_TARGETS = 100
const KEYS = {
  type: 'object',
  required: ['devices'],
  properties: {
    policyKey: { enum: ['primaryKey', 'secondaryKey', 'both', 'Unknown', null] },
    devices: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string' }, moduleId: { type: ['string', 'null'] } },
      },
    },
  },
} as const

export const keyRegenerationRoutes: HubRoutes = (app, { hub }, done) => {
  app.post<{ Body: KeysBody }>(
    '/devices/keys/regenerate',
    {
      config: { access: { service: ['RegistryWrite'] }, throttle: 'registry' },
      schema: { tags: ['registry'], summary: 'Make new symmetric keys for up to 100 identities', body: KEYS },
      preValidation(request, _reply, next) {
        if ((apiVersionOf(request) ?? '') < SINCE) throw notFound(request)
        next()
      },
    },
    ({ body }, reply) => {
      const policyKey = checkPolicyKey(body.policyKey)
      checkTargets(body.devices)
      const results = body.devices.map((target) => regenerate(hub, target, policyKey))
      const rotatedKeys = results.filter((result) => 'primaryKey' in result)
      const errors = results.filter((result) => 'errorCode' in result)
      const allFailed = errors.length > 0 && rotatedKeys.length === 0
      if (allFailed) void reply.header('iothub-errorcode', 'BulkRegenerateDeviceKeyOperationFailure')
      const partly = errors.length > 0 ? 207 : 200
      return reply.code(allFailed ? 400 : partly).send({ policyKey, rotatedKeys, errors })
    },
  )
  done()
}

function regenerate(hub: Hub, { id, moduleId }: Target, which: KeyChoice): object {
  const identity: Identity = moduleId == null ? { deviceId: id } : { deviceId: id, moduleId }
  const named = { id, ...(moduleId == null ? {} : { moduleId }) }
  try {
    const { primaryKey, secondaryKey } = hub.registry.regenerateKeys(identity, which).authentication
      .symmetricKey
    // A key that was not renewed is not shown.
    return {
      ...named,
      primaryKey: which === 'secondaryKey' ? null : primaryKey,
      secondaryKey: which === 'primaryKey' ? null : secondaryKey,
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    hub.refuse(error, { transport: 'https', identity: identityKey(identity) })
    return { ...named, errorCode: error.kind, errorStatus: error.message }
  }
}

/** @throws HubError InvalidPolicyKey. */
function checkPolicyKey(given: KeysBody['policyKey']): KeyChoice {
  if (given != null && given !== 'Unknown') return given
  throw new HubError({
    kind: 'InvalidPolicyKey',
    rule: 'WIRE-REG-22',
    expected: 'policyKey primaryKey, secondaryKey or both',
    received: given ?? 'no policyKey',
  })
}

/** @throws HubError TooManyDevices. */
function checkTargets(targets: readonly Target[]): void {
  if (targets.length <= MAX_TARGETS) return
  throw new HubError({
    kind: 'TooManyDevices',
    rule: 'WIRE-REG-22',
    expected: `at most ${String(MAX_TARGETS)} devices and modules`,
    received: `${String(targets.length)} of them`,
  })
}
