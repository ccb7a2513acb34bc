/** `mock-iot-hub levers`: the catalogue of faults. */

import { faultTypeDocuments, FAULT_TYPES } from '../core/faults/fault-catalogue.ts'
import type { Terminal } from './terminal.ts'

export function printLevers(json: boolean, { stdout }: Terminal): void {
  if (json) {
    stdout.write(`${JSON.stringify(faultTypeDocuments(), undefined, 2)}\n`)
    return
  }
  const width = Math.max(...FAULT_TYPES.map(({ name }) => name.length))
  for (const { name, description, parameters } of FAULT_TYPES) {
    const needs = Object.keys(parameters)
    stdout.write(`${name.padEnd(width)}  ${description}${needs.length > 0 ? ` (${needs.join(', ')})` : ''}\n`)
  }
}
