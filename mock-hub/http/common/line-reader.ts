/** Lines of files that a job reads: they are checked as the bodies of requests are. */

import type { FastifySchemaValidationError } from 'fastify'
import type { JsonObject } from '../../base/json.ts'
import { schemaCompiler } from '../../http-common/schema-compiler.ts'
import { normalised } from './lenient-values.ts'
import { schemaError } from './validation.ts'

const compile = schemaCompiler({ useDefaults: false })

/** @returns reads a line as its schema wants it; it throws HubError as for a request body that cannot be read. */
export function lineReader(schema: object): (line: JsonObject) => unknown {
  const validate = compile({ schema })
  return (line) => {
    const read = normalised(line, schema)
    // Ajv's errors have the fields that fastify names.
    if (!validate(read)) throw schemaError((validate.errors ?? []) as FastifySchemaValidationError[], 'body')
    return read
  }
}
