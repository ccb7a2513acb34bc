/** The error for an invalid value from outside. */

import { shown } from './shown.ts'

/** A value breaks a rule. The message names the field, the rule and the value in one sentence. */
export class InvalidInput extends RangeError {
  /** Path of the field, for example `trigger.skip`. */
  readonly field: string
  /** The end of "expected {field} …". */
  readonly rule: string
  /** The value, shortened and without secrets; `nothing` when it is missing. */
  readonly given: string

  /** @param what whose field it is, for example `fault`. */
  constructor(what: string, field: string, rule: string, given: unknown) {
    const value = shown(field, given)
    super(`${what}: expected ${field} ${rule}; given: ${value}`)
    this.name = 'InvalidInput'
    this.field = field
    this.rule = rule
    this.given = value
  }
}
