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

/**
 * Finds a module by name and generation ID. The generation ID is unique, so it also identifies the device; without one, the
 * name must be that of one module.
 * @throws HubError ModuleNotFound.
 */
export function moduleOf(
  hub: Hub,
  deviceId: string | undefined,
  moduleId: string,
  genid: string | undefined,
): IdentityRecord {
  const deviceIds =
    deviceId === undefined ? [...hub.registry.devices()].map(({ identity }) => identity.deviceId) : [deviceId]
  const named = deviceIds
    .map((id) => hub.registry.find({ deviceId: id, moduleId }))
    .filter((record) => record !== undefined && (genid === undefined || record.generationId === genid))
  const [found] = named
  if (found !== undefined && named.length === 1) return found
  const generation = genid === undefined ? '' : ` with generation ${genid}`
  throw new HubError({
    kind: 'ModuleNotFound',
    message: `Module ${moduleId}${generation} not found`,
    rule: 'WIRE-EDGE-02',
    expected: genid === undefined ? 'the name of one module' : 'the name and generation id of a module',
    received: `${moduleId.slice(0, 140)}${generation.slice(0, 60)}, which ${named.length} modules have`,
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
