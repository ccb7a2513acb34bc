/** Content that is applied to one edge device (`applyConfigurationContent`, WIRE-CFG-02, WIRE-CFG-04). */

import { isObject, own, type JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import { isSystemModule } from '../contract/identity.ts'
import type { IdentityRecord } from '../contract/registry.ts'
import type { ConfigurationContent } from '../contract/services/configurations.ts'
import { HubError } from '../errors/hub-error.ts'
import { invalidContent } from './configuration-checks.ts'
import { AGENT, contentError, overlay } from './configuration-content.ts'

const RULE = 'WIRE-CFG-04'

/** @throws HubError InvalidConfigurationContent, ArgumentInvalid. */
export function checkEdgeContent({ iotEdge }: IdentityRecord, content: ConfigurationContent): void {
  const problem =
    contentError(content) ??
    (hasKeys(content.modulesContent) ? undefined : 'content needs modulesContent for an edge device') ??
    (hasKeys(content.moduleContent) ? 'content.moduleContent is for configurations of modules' : undefined)
  if (problem !== undefined) throw invalidContent(problem, RULE)
  if (!iotEdge)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'Not an Azure IoT Edge device',
      rule: RULE,
      expected: 'an edge device',
      received: 'another device',
    })
}

/** Removes the modules of earlier deployments that the new one lists no longer; modules that others manage stay. */
export function removeUnlisted(
  { registry }: Pick<Hub, 'registry'>,
  deviceId: string,
  { modulesContent }: ConfigurationContent,
): void {
  const agent = modulesContent?.[AGENT]
  if (agent === undefined) return
  const modules = own(overlay([agent]), 'modules')
  const listed = new Set([
    ...Object.keys(modulesContent ?? {}),
    ...(isObject(modules) ? Object.keys(modules) : []),
  ])
  for (const { identity, managedBy } of registry.modulesOf(deviceId)) {
    const { moduleId = '' } = identity
    const isDeployed = managedBy?.toLowerCase() === 'iotedge' && !isSystemModule(moduleId)
    if (isDeployed && !listed.has(moduleId)) registry.remove(identity, '*')
  }
}

function hasKeys(section: JsonObject | Readonly<Record<string, JsonObject>> | null | undefined): boolean {
  return Object.keys(section ?? {}).length > 0
}
