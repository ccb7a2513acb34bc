/** What comes from a driver's process is checked against the protocol's JSON Schemas before it is believed. */

import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv'
import { packagedJson } from '../package-root.ts'
import { type DriverEvent, type DriverReply, HarnessError, type Hello } from './client-driver.ts'

const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })

function schema(name: string): ValidateFunction {
  const path = `driver/schema/${name}.json`
  return ajv.compile(packagedJson(path) as AnySchemaObject) // ajv itself refuses what is no schema
}

const isReply = schema('reply')
const isEvent = schema('event')
const isHello = schema('hello')

/** @throws HarnessError that names what is wrong. */
export function assertReply(said: unknown): { readonly id: number; readonly reply: DriverReply } {
  check(isReply, said)
  const { id, ...reply } = said as { readonly id: number } & DriverReply // the schema has said so
  return { id, reply }
}

/** @throws HarnessError that names what is wrong. */
export function assertEvent(said: unknown): DriverEvent {
  check(isEvent, said)
  return said as DriverEvent // the schema has said so
}

/** @throws HarnessError that names what is wrong. */
export function assertHello(said: unknown): Hello {
  check(isHello, said)
  return said as Hello // the schema has said so
}

function check(validate: ValidateFunction, said: unknown): void {
  if (!validate(said)) throw new HarnessError(ajv.errorsText(validate.errors))
}
