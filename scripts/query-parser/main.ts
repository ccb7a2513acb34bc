/**
 * `npm run query-parser` writes the parser of the query language from its grammar (`grammar.ts`): the hub neither
 * installs the parser generator nor waits for it.
 */

import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import peggy from 'peggy'
import { GRAMMAR } from './grammar.ts'

/** Where the generated parser is. */
export const PARSER = 'mock-hub/core/query/generated-parser.ts'

const HEADER = `/** Written by \`npm run query-parser\` from scripts/query-parser/grammar.ts, and as long as peggy makes it. */
// @ts-nocheck
`

/** The text of the parser. */
export function queryParser(): string {
  const source = peggy.generate(GRAMMAR, {
    allowedStartRules: ['Query', 'Target'],
    output: 'source',
    format: 'es',
  })
  return HEADER + source
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PARSER, queryParser())
