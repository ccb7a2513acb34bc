import type { JsonObject } from '../../base/json.ts'
import { checkIfMatch, registryCounter } from '../contract/etag.ts'
import { isSystemModule, isValidId, type Identity } from '../contract/identity.ts'
import type { IfMatch } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

const LONGEST_REASON = 128

/** @throws HubError ArgumentInvalid. */
export function checkId(field: 'deviceId' | 'moduleId', id: string): void {
  if (isValidId(id)) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-REG-09',
    expected: `${field} to be 1 to 128 ASCII letters, digits and - . + % _ # * ? ! ( ) , : = @ $ ' ;`,
    received: quoted(id),
  })
}

/** Ids with a dollar sign in front are those of the runtime's own modules. @throws HubError ArgumentInvalid. */
export function checkModuleId(moduleId: string): void {
  checkId('moduleId', moduleId)
  if (!moduleId.startsWith('$') || isSystemModule(moduleId)) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: 'BadRequest',
    rule: 'WIRE-REG-40',
    expected: 'moduleId without a dollar sign in front: such names belong to the IoT Edge runtime',
    received: quoted(moduleId),
  })
}

/** @throws HubError ArgumentInvalid. */
export function checkReason(reason: string | null): void {
  if (reason === null || reason.length <= LONGEST_REASON) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-REG-04',
    expected: `statusReason of at most ${String(LONGEST_REASON)} characters`,
    received: `${String(reason.length)} characters`,
  })
}

/** C0, C1, full stop, dollar sign and space. */
const FORBIDDEN_IN_NAMES = /[\u0000-\u001f\u0080-\u009f.$ ]/
const LONGEST_NAME = 1_024

/** @throws HubError ArgumentInvalid for a name or a value that attributes cannot have (WIRE-REG-25). */
export function checkAttributes(attributes: JsonObject | undefined): void {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === '' || FORBIDDEN_IN_NAMES.test(name) || Buffer.byteLength(name) > LONGEST_NAME)
      throw badAttribute(
        `names of 1 to ${String(LONGEST_NAME)} bytes without control characters, full stop, dollar sign and space`,
        quoted(name),
      )
    const isValue =
      ['string', 'boolean'].includes(typeof value) || Number.isInteger(value) || Array.isArray(value)
    if (!isValue)
      throw badAttribute(
        'values that are text, true, false, integers or arrays',
        `${value === null ? 'null' : typeof value} at ${quoted(name)}`,
      )
  }
}

function badAttribute(expected: string, received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-REG-25',
    expected: `attributes with ${expected}`,
    received,
  })
}

/** Modules of the IoT Edge runtime do not count. @throws HubError TooManyModulesOnDevice. */
export function checkModuleCount(moduleIds: Iterable<string>, most: number): void {
  let count = 0
  for (const moduleId of moduleIds) if (!isSystemModule(moduleId)) count++
  if (count < most) return
  throw new HubError({
    kind: 'TooManyModulesOnDevice',
    rule: 'WIRE-MOD-07',
    expected: `at most ${String(most)} modules on a device`,
    received: 'one more',
  })
}

/** @throws HubError TooManyDevices. */
export function checkDeviceCount(count: number, most: number): void {
  if (count < most) return
  throw new HubError({
    kind: 'TooManyDevices',
    rule: 'WIRE-REG-01',
    expected: `at most ${String(most)} devices`,
    received: 'one more',
  })
}

/** @throws HubError PreconditionFailed: the header wants another etag than the one of the identity. */
export function checkRegistryMatch(ifMatch: IfMatch, etag: string): void {
  checkIfMatch(ifMatch, etag, {
    rule: 'WIRE-REG-05',
    message: (wanted) =>
      'Precondition failed: Device version did not match, ' +
      `existingVersion:${String(registryCounter(etag))} newVersion:${String(registryCounter(wanted))}`,
  })
}

export function deviceExists(deviceId: string): HubError {
  return new HubError({
    kind: 'DeviceAlreadyExists',
    message: `A device with ID '${deviceId}' is already registered.`,
    rule: 'WIRE-REG-03',
    expected: 'a device id that is not registered yet',
    received: quoted(deviceId),
  })
}

export function moduleExists(deviceId: string, moduleId: string): HubError {
  return new HubError({
    kind: 'ModuleAlreadyExistsOnDevice',
    rule: 'WIRE-REG-14',
    expected: `a module id that ${deviceId} does not have yet`,
    received: quoted(moduleId),
  })
}

/** @throws HubError SystemModuleModifyUnauthorizedAccess. */
export function checkNotSystemModule(moduleId: string): void {
  if (!isSystemModule(moduleId)) return
  throw new HubError({
    kind: 'SystemModuleModifyUnauthorizedAccess',
    rule: 'WIRE-REG-15',
    expected: 'a module that does not belong to the IoT Edge runtime',
    received: quoted(moduleId),
  })
}

export function identityNotFound({ deviceId, moduleId }: Identity): HubError {
  return moduleId === undefined
    ? new HubError({
        kind: 'DeviceNotFound',
        message: deviceId,
        rule: 'WIRE-REG-06',
        expected: 'a registered device',
        received: quoted(deviceId),
      })
    : new HubError({
        kind: 'ModuleNotFound',
        rule: 'WIRE-REG-06',
        expected: `a module of ${deviceId}`,
        received: quoted(moduleId),
      })
}
