/** Names of devices and modules, and the keys made from them. */

import { InvalidInput } from '../../base/invalid-input.ts'

/** A device, or one module of a device. */
export interface Identity {
  /** ID of the device, 1 to 128 characters. */
  readonly deviceId: string
  /** ID of the module; undefined: the device itself. */
  readonly moduleId?: string
}

/** `d1` or `d1/m1`: unique, because IDs contain no `/`. It is also the MQTT client ID (docs/contract/connecting.md). */
export function identityKey(identity: Identity): string {
  return identity.moduleId === undefined ? identity.deviceId : `${identity.deviceId}/${identity.moduleId}`
}

/** The reverse of {@link identityKey}. */
export function parseIdentityKey(key: string): Identity {
  const slash = key.indexOf('/')
  return slash < 0 ? { deviceId: key } : { deviceId: key.slice(0, slash), moduleId: key.slice(slash + 1) }
}

export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.deviceId === b.deviceId && a.moduleId === b.moduleId
}

/** Letters, digits and `- . + % _ # * ? ! ( ) , : = @ $ ' ;`, 1 to 128 of them (WIRE-REG-09). */
export const ID_RULE = /^[A-Za-z0-9\-.+%_#*?!(),:=@$';]{1,128}$/

export function isValidId(id: string): boolean {
  return ID_RULE.test(id)
}

/**
 * For callers that are not type-checked: a text or a misspelt field would otherwise mean an unknown device.
 * @throws InvalidInput when the value is not an identity.
 */
export function checkIdentity(value: unknown): asserts value is Identity {
  const { deviceId, moduleId } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof deviceId !== 'string')
    throw new InvalidInput(
      'identity',
      'deviceId',
      'to be a string, as in { deviceId: "d1" }',
      deviceId ?? value,
    )
  if (moduleId !== undefined && typeof moduleId !== 'string')
    throw new InvalidInput('identity', 'moduleId', 'to be a string or undefined', moduleId)
}

/** The modules that an edge device has from its creation (WIRE-REG-15). */
export const SYSTEM_MODULES = ['$edgeAgent', '$edgeHub'] as const

export function isSystemModule(moduleId: string): boolean {
  return (SYSTEM_MODULES as readonly string[]).includes(moduleId)
}
