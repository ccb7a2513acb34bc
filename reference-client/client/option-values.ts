/** Checks of the values of single options, with their defaults and bounds. */

import { ValueError } from '../core/errors/value-error.ts'
import { ProxyOptions } from '../core/proxy-options.ts'

/** Numbers and booleans become strings, as in the Python SDK. */
export function text(name: string, value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return ''
    case 'string':
      return value
    case 'number':
    case 'boolean':
      return String(value)
    default:
      throw new TypeError(`'${name}' must be a string, was ${typeof value}`)
  }
}

export function flag(value: unknown, byDefault: boolean): boolean {
  return value === undefined ? byDefault : Boolean(value)
}

export function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string, was ${typeof value}`)
  return value
}

/**
 * A whole number of seconds. Truncates fractions, and accepts strings of digits and booleans, as the Python SDK does.
 */
export function wholeSeconds(name: string, value: unknown, byDefault: number, max: number): number {
  if (value === undefined) return byDefault
  const isText = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
  if (typeof value !== 'number' && typeof value !== 'boolean' && !isText) {
    throw new TypeError(`Invalid type for '${name}': must be a whole number of seconds, was ${typeof value}`)
  }
  const seconds = Math.trunc(Number(value))
  if (Number.isNaN(seconds))
    throw new TypeError(`Invalid type for '${name}': must be a whole number of seconds, was NaN`)
  if (seconds <= 0 || seconds > max) {
    throw new ValueError(`'${name}' must be from 1 to ${max} seconds, was ${seconds}`)
  }
  return seconds
}

export function lifetime(value: unknown): number {
  if (value === undefined) return 3_600
  if (typeof value !== 'number') {
    throw new TypeError(
      `Invalid type for 'sastokenTtl': must be a whole number of seconds, was ${typeof value}`,
    )
  }
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new ValueError(`'sastokenTtl' must be a positive whole number of seconds, was ${value}`)
  }
  return value
}

export function operationTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number')
    throw new TypeError(`'extensions.operationTimeout' must be a number of seconds, was ${typeof value}`)
  if (!(value > 0)) throw new ValueError(`'extensions.operationTimeout' must be positive, was ${value}`)
  return value * 1_000
}

export function proxy(value: unknown): ProxyOptions | undefined {
  if (value === undefined || value === null) return undefined
  if (!(value instanceof ProxyOptions)) throw new TypeError(`'proxyOptions' must be a ProxyOptions object`)
  return value
}
