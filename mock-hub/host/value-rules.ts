/** Rules for values that come from outside, for options and for seeds: each problem names the field, the rule and the value. */

import { InvalidInput } from '../base/invalid-input.ts'
import { nearest } from '../base/nearest.ts'
import { ID_RULE, isValidId } from '../core/contract/identity.ts'

export interface Problem {
  /** Path of the value, for example `seed.devices[0].deviceId`. */
  readonly field: string
  /** The end of "expected {field} …". */
  readonly rule: string
  /** The value; undefined: it is missing. */
  readonly given: unknown
}

export interface Rule {
  /** The end of "expected {field} …". */
  readonly text: string
  /** @returns the first problem of the value, or undefined when it is valid. */
  readonly problem: (value: unknown, field: string) => Problem | undefined
  /** The rule as a JSON schema, for files; left out: the value cannot be in a file. */
  readonly schema?: object | undefined
}

/** @throws InvalidInput with the first problem of the value. @param what whose value it is, for example `startMockHub`. */
export function check(rule: Rule, value: unknown, what: string, field: string): void {
  const problem = rule.problem(value, field)
  if (problem !== undefined) throw new InvalidInput(what, problem.field, problem.rule, problem.given)
}

/** A rule for a value without parts. */
export function rule(text: string, holds: (value: unknown) => boolean, schema?: object): Rule {
  return {
    text,
    problem: (given, field) => (holds(given) ? undefined : { field, rule: text, given }),
    schema,
  }
}

export const TEXT = rule('to be a non-empty string', (value) => typeof value === 'string' && value !== '', {
  type: 'string',
  minLength: 1,
})
export const STRING = rule('to be a string', (value) => typeof value === 'string', { type: 'string' })
export const BOOLEAN = rule('to be true or false', (value) => typeof value === 'boolean', { type: 'boolean' })
export const FUNCTION = rule('to be a function', (value) => typeof value === 'function')
export const OBJECT = rule('to be an object', isRecord, { type: 'object' })
export const ID = rule(
  "to be an ID: 1 to 128 letters, digits or - . + % _ # * ? ! ( ) , : = @ $ ' ;",
  (value) => typeof value === 'string' && isValidId(value),
  { type: 'string', pattern: ID_RULE.source },
)

/** The rule, with a sentence for the schema. */
export function described(inner: Rule, description: string): Rule {
  return { ...inner, schema: { ...inner.schema, description } }
}

export function wholeNumber(minimum: number, maximum: number): Rule {
  return rule(
    `to be a whole number from ${String(minimum)} to ${String(maximum)}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  )
}

export function oneOf(...values: readonly (string | boolean)[]): Rule {
  return rule(
    `to be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
    (value) => values.some((known) => known === value),
    { enum: values },
  )
}

/** Undefined, or a value that obeys the rule. */
export function optional(inner: Rule): Rule {
  return {
    text: `${inner.text}, or left out`,
    problem: (given, field) => (given === undefined ? undefined : inner.problem(given, field)),
  }
}

/** Null, or a value that obeys the rule. */
export function nullable(inner: Rule): Rule {
  const text = `${inner.text}, or null`
  return {
    text,
    problem(given, field) {
      if (given === null) return undefined
      const problem = inner.problem(given, field)
      return problem?.field === field ? { ...problem, rule: text } : problem
    },
  }
}

/** An object whose values are strings. @param nulls whether they may be null. */
export function textValues(nulls: boolean): Rule {
  const value = nulls ? nullable(STRING) : STRING
  return {
    text: OBJECT.text,
    problem(given, field) {
      if (!isRecord(given)) return { field, rule: OBJECT.text, given }
      for (const [name, one] of Object.entries(given)) {
        const problem = value.problem(one, `${field}.${name}`)
        if (problem !== undefined) return problem
      }
      return undefined
    },
  }
}

/** One of several rules; a value that is an object is reported by the last of them, which is the one for objects. */
export function either(...rules: readonly Rule[]): Rule {
  const text = rules.map((each) => each.text).join(' or ')
  return {
    text,
    problem(given, field) {
      const problems = rules.map((each) => each.problem(given, field))
      if (problems.includes(undefined)) return undefined
      return isRecord(given) ? problems.at(-1) : { field, rule: text, given }
    },
  }
}

export function listOf(item: Rule): Rule {
  const text = 'to be an array'
  return {
    text,
    schema: { type: 'array', items: item.schema },
    problem(given, field) {
      if (!Array.isArray(given)) return { field, rule: text, given }
      for (const [index, value] of given.entries()) {
        const problem = item.problem(value, `${field}[${String(index)}]`)
        if (problem !== undefined) return problem
      }
      return undefined
    },
  }
}

/** An object with these fields and no others. A field that is undefined counts as absent. */
export function objectOf(fields: Readonly<Record<string, Rule>>, required: readonly string[] = []): Rule {
  const known = new Map(Object.entries(fields))
  const text = 'to be an object'
  const properties = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]))
  return {
    text,
    schema: {
      type: 'object',
      properties,
      additionalProperties: false,
      ...(required.length === 0 ? {} : { required }),
    },
    problem(given, field) {
      if (!isRecord(given)) return { field, rule: text, given }
      const path = (name: string): string => (field === '' ? name : `${field}.${name}`)
      for (const [name, value] of Object.entries(given)) {
        const fieldRule = known.get(name)
        if (fieldRule === undefined)
          return { field: path(name), rule: unknownField(name, known), given: value }
        const problem = value === undefined ? undefined : fieldRule.problem(value, path(name))
        if (problem !== undefined) return problem
      }
      const missing = required.find((name) => !(Object.hasOwn(given, name) && given[name] !== undefined))
      return missing === undefined
        ? undefined
        : { field: path(missing), rule: 'to be given', given: undefined }
    },
  }
}

function unknownField(name: string, known: ReadonlyMap<string, Rule>): string {
  const names = [...known.keys()]
  const meant = nearest(name, names)
  return meant === undefined
    ? `to be left out; the known fields are ${names.join(', ')}`
    : `to be left out: there is no such field (did you mean "${meant}"?)`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
