/** The modules that the workload API serves. */

import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'

/** Path parameters that name a module. */
export interface ModuleParams {
  readonly name: string
  readonly genid: string
}

/** The modules of one edge device, or of all. */
export function modulesOf(hub: Hub, deviceId: string | undefined): readonly IdentityRecord[] {
  if (deviceId !== undefined) return hub.registry.modulesOf(deviceId)
  return [...hub.registry.devices()].flatMap(({ identity }) => hub.registry.modulesOf(identity.deviceId))
}

/** Finds a module by name and generation ID. The generation ID is unique, so it also identifies the device. */
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

/** A module as `GET /modules` lists it. */
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
