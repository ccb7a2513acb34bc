/**
 * Compiles the JSON schemas of routes once in a process: a test run builds hundreds of hubs, and compiling the same
 * schemas again was a third of the cost of each.
 */

import { Ajv, type ValidateFunction } from 'ajv'

/**
 * A compiler for fastify's `setValidatorCompiler`. It converts and removes nothing, and each error carries the value
 * that was checked (`verbose`).
 * @param options.useDefaults fills in what the schema has a default for.
 */
export function schemaCompiler({ useDefaults }: { readonly useDefaults: boolean }): SchemaCompiler {
  const ajv = new Ajv({ useDefaults, verbose: true, allowUnionTypes: true })
  const compiled = new Map<string, ValidateFunction>()
  return ({ schema }) => {
    // By its text: fastify passes a copy of the schema for every hub.
    const text = JSON.stringify(schema)
    let validate = compiled.get(text)
    if (validate === undefined) compiled.set(text, (validate = ajv.compile(schema)))
    return validate
  }
}

type SchemaCompiler = (route: { readonly schema: object }) => ValidateFunction
