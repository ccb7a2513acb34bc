/** Checks fault definitions; each error names the field, the rule and what was given. */

import { InvalidInput } from '../../base/invalid-input.ts'
import { didYouMean } from '../../base/nearest.ts'
import { own, type Json } from '../../base/json.ts'
import type { FaultDefinition, FaultParameter, FaultType } from '../contract/faults.ts'
import { isValidId, parseIdentityKey } from '../contract/identity.ts'
import { findFaultType, FAULT_TYPES } from './fault-catalogue.ts'

const FIELDS: ReadonlySet<string> = new Set([
  'name',
  'scope',
  'trigger',
  'count',
  'durationSeconds',
  'parameters',
])

/**
 * @returns its fault type.
 * @throws InvalidInput that names the field, the rule and what was given.
 */
export function checkDefinition(definition: FaultDefinition): FaultType {
  for (const field of Object.keys(definition))
    if (!FIELDS.has(field)) throw wrong(field, `to be one of ${[...FIELDS].join(', ')}`, field)
  const type = findFaultType(definition.name)
  if (type === undefined) throw wrong('name', suggestion(definition.name), definition.name)
  checkScope(type, definition.scope)
  const { trigger, count, durationSeconds, parameters = {} } = definition
  checkFields('trigger', trigger, ['skip'])
  if (trigger?.skip !== undefined && !isWhole(trigger.skip, 0))
    throw wrong('trigger.skip', 'to be a whole number from 0', trigger.skip)
  if (count !== undefined && count !== 'always' && !isWhole(count, 1))
    throw wrong('count', "to be a whole number from 1, or 'always'", count)
  if (durationSeconds !== undefined && !(Number.isFinite(durationSeconds) && durationSeconds > 0))
    throw wrong('durationSeconds', 'to be a number above 0', durationSeconds)
  checkParameters(type, parameters)
  return type
}

function checkScope(type: FaultType, scope: FaultDefinition['scope']): void {
  checkFields('scope', scope, ['identity'])
  const identity: unknown = scope?.identity
  if (identity === undefined) return
  if (type.scope === 'everyone')
    throw wrong('scope.identity', `to be left out: ${type.name} fires before the identity is known`, identity)
  const valid =
    typeof identity === 'string' &&
    Object.values(parseIdentityKey(identity)).every((id) => typeof id !== 'string' || isValidId(id))
  if (!valid) throw wrong('scope.identity', 'to be {deviceId} or {deviceId}/{moduleId}', identity)
}

function checkFields(field: string, value: unknown, known: readonly string[]): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) throw wrong(field, 'to be an object', value)
  for (const name of Object.keys(value))
    if (!known.includes(name))
      throw wrong(`${field}.${name}`, `to be left out; known: ${known.join(', ')}`, name)
}

function checkParameters(faultType: FaultType, given: Readonly<Record<string, Json>>): void {
  checkFields('parameters', given, Object.keys(faultType.parameters))
  for (const [name, parameter] of Object.entries(faultType.parameters)) {
    const value = own(given, name)
    const field = `parameters.${name}`
    if (value === undefined) {
      if (parameter.required === true) throw wrong(field, `to be given: ${parameter.description}`, undefined)
    } else checkParameter(field, parameter, value)
  }
}

function checkParameter(field: string, parameter: FaultParameter, value: Json): void {
  const { type, oneOf, minimum = -Infinity, maximum = Infinity } = parameter
  switch (type) {
    case 'json':
      return
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong(field, 'to be true or false', value)
      return
    case 'string':
      if (typeof value !== 'string') throw wrong(field, 'to be text', value)
      if (oneOf?.includes(value) === false) throw wrong(field, `to be one of ${oneOf.join(', ')}`, value)
      return
    case 'integer':
    case 'number': {
      const fits =
        typeof value === 'number' && (type === 'number' ? Number.isFinite : Number.isInteger)(value)
      if (fits && value >= minimum && value <= maximum) return
      const kind = type === 'integer' ? 'a whole number' : 'a number'
      const from = minimum === -Infinity ? '' : ` from ${String(minimum)}`
      const to = maximum === Infinity ? '' : ` to ${String(maximum)}`
      throw wrong(field, `to be ${kind}${from}${to}`, value)
    }
  }
}

function isWhole(value: unknown, fewest: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= fewest
}

function suggestion(name: unknown): string {
  const meant = didYouMean(
    typeof name === 'string' ? name : '',
    FAULT_TYPES.map((type) => type.name),
  )
  const point = typeof name === 'string' ? name.slice(0, name.lastIndexOf('.')) : ''
  const siblings = FAULT_TYPES.filter((type) => type.name.startsWith(`${point}.`)).map((type) => type.name)
  return point === '' || siblings.length === 0
    ? `to be a fault type of the catalogue, such as mqtt.puback.withhold${meant}`
    : `to be a fault type of the catalogue; at this point there are ${siblings.join(', ')}${meant}`
}

function wrong(field: string, rule: string, given: unknown): InvalidInput {
  return new InvalidInput('fault', field, rule, given)
}
