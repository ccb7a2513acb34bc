/** What a lever is: its name, what it needs, and a sentence for people. The catalogue is in `levers.ts`. */

import type { Json } from '../../base/json.ts'
import type { FaultDefinition } from '../contract/faults.ts'

export interface FaultParameter {
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'json'
  readonly description: string
  readonly required?: true
  /** Taken when left out; for people: whoever acts on the lever holds the same value. */
  readonly default?: Json
  readonly minimum?: number
  readonly maximum?: number
  readonly oneOf?: readonly string[]
}

export interface FaultType {
  /** `{point}.{effect}`: borders ask for the point. */
  readonly name: string
  /** What it does, as the end of "the hub …". */
  readonly description: string
  /** Whether `scope.identity` can be known where it strikes. */
  readonly scope: 'identity' | 'everyone'
  /** What counts as one match for `trigger` and `count`. */
  readonly trigger: string
  readonly parameters: Readonly<Record<string, FaultParameter>>
  readonly example: FaultDefinition
}
