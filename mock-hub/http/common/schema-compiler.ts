/**
 * Compiles the JSON schemas of routes, once a process: a test run builds hundreds of hubs, and compiling the same schemas
 * for each was a third of what one costs.
 */

import { Ajv, type ValidateFunction } from 'ajv'

/**
 * A `setValidatorCompiler` of fastify. Nothing is turned into what it is not and nothing is removed: what is wrong is
 * said, with what was looked at (`verbose`).
 * @param options.useDefaults fill in what the schema has a default for.
 */
export function schemaCompiler({ useDefaults }: { readonly useDefaults: boolean }): SchemaCompiler {
  const ajv = new Ajv({ useDefaults, verbose: true, allowUnionTypes: true })
  const compiled = new Map<string, ValidateFunction>()
  return ({ schema }) => {
    // By its text: fastify hands over a copy for every hub.
    const text = JSON.stringify(schema)
    let validate = compiled.get(text)
    if (validate === undefined) compiled.set(text, (validate = ajv.compile(schema)))
    return validate
  }
}

type SchemaCompiler = (route: { readonly schema: object }) => ValidateFunction
