/** Values of callers as error messages show them: shortened, and without secrets. */

import { withoutSecrets } from './secrets.ts'

/** Fields that may hold a secret: only the type of their value is shown. */
const SECRET_FIELD = /key|token|sas|sig|authentication|password/i
const MAX_LENGTH = 120

/**
 * @param field the path of the value; when it names a secret, only the type of the value is shown.
 * @returns JSON for strings, numbers and booleans, `an object with a, b`, `an array of 3`, or `nothing` for undefined.
 */
export function shown(field: string, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${String(value.length)}`
  const secret = SECRET_FIELD.test(field)
  switch (typeof value) {
    case 'object': {
      const names = Object.keys(value).slice(0, 8).join(', ').slice(0, MAX_LENGTH)
      return secret ? 'an object' : `an object with ${names || 'no fields'}`
    }
    case 'string':
      return secret ? 'a string' : JSON.stringify(withoutSecrets(value)).slice(0, MAX_LENGTH)
    case 'number':
    case 'boolean':
    case 'bigint':
      return secret ? `a ${typeof value}` : String(value)
    default:
      return `a ${typeof value}`
  }
}
