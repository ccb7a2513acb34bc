/** The modules that a caller of the workload API can mean. */

import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'

/** What of a path names a module. */
export interface ModuleParams {
  readonly name: string
  readonly genid: string
}

/** The modules of one edge device, or of all. */
export function modulesOf(hub: Hub, deviceId: string | undefined): readonly IdentityRecord[] {
  if (deviceId !== undefined) return hub.registry.modulesOf(deviceId)
  return [...hub.registry.devices()].flatMap(({ identity }) => hub.registry.modulesOf(identity.deviceId))
}

/** A generation id belongs to one module of one device, so it tells which device is meant. */
export function moduleOf(
  hub: Hub,
  deviceId: string | undefined,
  moduleId: string,
  genid: string,
): IdentityRecord {
  const deviceIds =
    deviceId === undefined ? [...hub.registry.devices()].map(({ identity }) => identity.deviceId) : [deviceId]
  for (const id of deviceIds) {
    const record = hub.registry.find({ deviceId: id, moduleId })
    if (record?.generationId === genid) return record
  }
  throw new HubError({
    kind: 'ModuleNotFound',
    message: `Module ${moduleId} with generation ${genid} not found`,
    rule: 'WIRE-EDGE-02',
    expected: 'the name and generation id of a module',
    received: `${moduleId.slice(0, 140)} with generation ${genid.slice(0, 40)}`,
  })
}

/** A module in the list. */
export function moduleDocument({ identity, generationId, connectionState }: IdentityRecord): object {
  return {
    id: generationId,
    name: identity.moduleId,
    type: 'docker',
    config: { settings: {}, env: [] },
    status: {
      runtimeStatus: { status: connectionState === 'Connected' ? 'running' : 'stopped' },
    },
  }
}
