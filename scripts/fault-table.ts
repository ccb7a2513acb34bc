/** `npm run docs:faults`: writes the table of levers into docs/faults.md; a test holds the two together. */

import { readFileSync, writeFileSync } from 'node:fs'
import { LEVERS } from 'mock-iot-hub'

export const DOCUMENT = 'docs/faults.md'
const BEGIN = '<!-- levers -->'
const END = '<!-- /levers -->'

/** The document with its table as the catalogue has it now. */
export function withTable(text: string): string {
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${DOCUMENT} has lost its marks ${BEGIN} and ${END}`)
  const rows = LEVERS.map(({ name, description, trigger, parameters }) => {
    const needs = Object.entries(parameters).map(([parameter, { default: otherwise, required }]) =>
      required === true
        ? `\`${parameter}\``
        : `\`${parameter}\` (${otherwise === undefined ? 'optional' : JSON.stringify(otherwise)})`,
    )
    return `| \`${name}\` | ${cell(description)} | ${cell(trigger)} | ${needs.join(', ')} |`
  })
  const table = [
    '| lever | the hub … | counted by | parameters |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (process.argv[1]?.endsWith('lever-table.ts') === true)
  writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8')))
