/** What the files of fault cases share: each case injects one fault type and checks what the client sees. */

import { FAULT_TYPES } from '../core/faults/fault-catalogue.ts'
import type { FaultDefinition } from '../core/contract/faults.ts'
import type { FaultBench } from './fault-bench.ts'

/** @param bench a hub of its own. @param name the fault type. */
export type FaultCase = (bench: FaultBench, name: string) => Promise<void>
/** Cases by fault type. */
export type FaultCases = Record<string, FaultCase>

export const EVENTS = 'devices/d1/messages/events/'
export const TWIN = '$iothub/twin/res/#'
export const DESIRED = '$iothub/twin/PATCH/properties/desired/#'
export const METHODS = '$iothub/methods/POST/#'
export const publish = { cmd: 'publish', payload: '', qos: 0, dup: false, retain: false } as const

/** The parameters in the catalogue's example of a fault type. */
export function exampleParameters(name: string): FaultDefinition['parameters'] {
  return FAULT_TYPES.find((type) => type.name === name)?.example.parameters
}
