/** Checks the arguments of calls from outside, so that a wrong value is named before it causes anything. */

import { ASYNC, type Argument } from './method-rules.ts'
import { check } from './value-rules.ts'

type Rules = Readonly<Record<string, readonly Argument[]>>

/**
 * The object with its methods checked.
 * @param path how callers reach it, for example `hub.registry`.
 * @param rules of its methods; other properties are passed through.
 */
export function checked<T extends object>(target: T, path: string, rules: Rules): T {
  const wrapped = new Map<string, unknown>()
  for (const [name, parameters] of Object.entries(rules))
    wrapped.set(name, (...values: readonly unknown[]): unknown => {
      const call = (): unknown => {
        for (const [index, [parameter, rule]] of parameters.entries())
          check(rule, values[index], `${path}.${name}`, parameter)
        return Reflect.apply(Reflect.get(target, name) as () => unknown, target, values) // the table names methods
      }
      if (!ASYNC.has(name)) return call()
      return new Promise((resolve) => {
        resolve(call())
      })
    })
  return new Proxy(target, {
    get: (_target, name) =>
      (typeof name === 'string' ? wrapped.get(name) : undefined) ?? passed(target, name),
  })
}

/** Private fields are those of the object itself: accessors and other methods run on it. */
function passed(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target)
  return typeof value === 'function' ? value.bind(target) : value
}
