/** `mock-iot-hub faults`: lists the fault types. */

import { faultTypeDocuments, FAULT_TYPES } from '../../core/faults/fault-catalogue.ts'
import type { Terminal } from '../terminal.ts'

/** Prints one line for each fault type, or all as JSON. */
export function printFaultTypes(json: boolean, { stdout }: Terminal): void {
  if (json) {
    stdout.write(`${JSON.stringify(faultTypeDocuments(), undefined, 2)}\n`)
    return
  }
  const width = Math.max(...FAULT_TYPES.map(({ name }) => name.length))
  for (const { name, description, parameters } of FAULT_TYPES) {
    const names = Object.keys(parameters)
    stdout.write(`${name.padEnd(width)}  ${description}${names.length > 0 ? ` (${names.join(', ')})` : ''}\n`)
  }
}
