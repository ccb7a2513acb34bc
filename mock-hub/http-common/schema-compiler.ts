/**
 * Compiles the JSON schemas of routes: each when it is first needed, because few of the routes are called, and once in a
 * process, because a test run builds hundreds of hubs.
 */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'

/** Checks a value. `errors` are those of the last call. */
export interface Check {
  (value: unknown): boolean
  errors?: ErrorObject[] | null
}

/**
 * A compiler for fastify's `setValidatorCompiler`. It converts and removes nothing, and each error carries the value
 * that was checked (`verbose`).
 * @param options.useDefaults fills in what the schema has a default for.
 */
export function schemaCompiler({ useDefaults }: { readonly useDefaults: boolean }): SchemaCompiler {
  let ajv: Ajv | undefined
  /** By their text: fastify passes a copy of the schema for every hub. */
  const compiled = new Map<string, () => ValidateFunction>()
  const compilerOf = (schema: object): (() => ValidateFunction) => {
    let validate: ValidateFunction | undefined
    return () =>
      (validate ??= (ajv ??= new Ajv({ useDefaults, verbose: true, allowUnionTypes: true })).compile(schema))
  }
  ALL.push(compiled)
  return ({ schema }) => {
    const text = JSON.stringify(schema)
    const compile = compiled.get(text) ?? compilerOf(schema)
    compiled.set(text, compile)
    const check: Check = (value) => {
      const validate = compile()
      const isValid = validate(value)
      check.errors = validate.errors ?? null
      return isValid
    }
    return check
  }
}

const ALL: ReadonlyMap<string, () => ValidateFunction>[] = []

/** Compiles every schema that was given so far, for tests. @returns how many. @throws Error for one that is no schema. */
export function compileAll(): number {
  const compilers = ALL.flatMap((compiled) => [...compiled.values()])
  for (const compile of compilers) compile()
  return compilers.length
}

type SchemaCompiler = (route: { readonly schema: object }) => Check
