/** Validates everything that a driver sends against the JSON Schemas of the protocol. */

import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv'
import { packagedJson } from '../package-root.ts'
import { checkCapabilities } from './capabilities.ts'
import { type DriverEvent, type DriverReply, HarnessError, type Hello } from './client-driver.ts'

const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })

function schema(name: string): ValidateFunction {
  const path = `driver/schema/${name}.json`
  return ajv.compile(packagedJson(path) as AnySchemaObject) // ajv rejects an invalid schema
}

const isReply = schema('reply')
const isEvent = schema('event')
const isHello = schema('hello')

/** @throws HarnessError that names the violation. */
export function assertReply(value: unknown): { readonly id: number; readonly reply: DriverReply } {
  check(isReply, value)
  const { id, ...reply } = value as { readonly id: number } & DriverReply // validated above
  return { id, reply }
}

/** @throws HarnessError that names the violation. */
export function assertEvent(value: unknown): DriverEvent {
  check(isEvent, value)
  return value as DriverEvent // validated above
}

/** @throws HarnessError that names the violation. */
export function assertHello(value: unknown): Hello {
  // First: it names the nearest capability, the schema only says that one is unknown.
  checkCapabilities(value)
  check(isHello, value)
  return value as Hello // validated above
}

function check(validate: ValidateFunction, value: unknown): void {
  if (!validate(value)) throw new HarnessError(ajv.errorsText(validate.errors))
}
