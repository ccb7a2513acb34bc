/** What a person or program has given wrongly: the field, the rule, and what it was. */

/** A value that breaks a rule; its message says all three parts in one sentence. */
export class InvalidInput extends RangeError {
  /** Path of the field, for example `trigger.skip`. */
  readonly field: string
  /** The rule, as the end of "expected {field} …". */
  readonly rule: string
  /** What was given, as JSON and cut short; `nothing` when it was left out. */
  readonly given: string

  /** @param what whose field it is, for example `fault`. */
  constructor(what: string, field: string, rule: string, given: unknown) {
    const shown = given === undefined ? 'nothing' : JSON.stringify(given).slice(0, 120)
    super(`${what}: expected ${field} ${rule}; given: ${shown}`)
    this.name = 'BadInput'
    this.field = field
    this.rule = rule
    this.given = shown
  }
}
