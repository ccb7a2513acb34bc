/** `mock-iot-hub levers`: the catalogue of faults. */

import { leverDocuments, LEVERS } from '../core/faults/fault-catalogue.ts'
import type { Terminal } from './terminal.ts'

export function printLevers(json: boolean, { stdout }: Terminal): void {
  if (json) {
    stdout.write(`${JSON.stringify(leverDocuments(), undefined, 2)}\n`)
    return
  }
  const width = Math.max(...LEVERS.map(({ name }) => name.length))
  for (const { name, description, parameters } of LEVERS) {
    const needs = Object.keys(parameters)
    stdout.write(`${name.padEnd(width)}  ${description}${needs.length > 0 ? ` (${needs.join(', ')})` : ''}\n`)
  }
}
