/** Faults that can be injected: their definition as data, and the port that adapters ask. */

import type { Json } from '../../base/json.ts'

/** An order to misbehave, as data, so that any process in any language can give it. */
export interface FaultDefinition {
  /** A lever of the catalogue, for example `mqtt.puback.withhold`. */
  readonly name: string
  /** Whom it strikes; default everyone. `device` may be an identity key `d1` or `d1/m1`. */
  readonly scope?: { readonly identity?: string } | undefined
  /** When: the nth match from now; default the first. */
  readonly trigger?: { readonly skip?: number } | undefined
  /** How often it strikes; default 1. `'always'`: until disarmed. */
  readonly count?: number | 'always' | undefined
  /** On the hub's clock, from the arming; default without limit. */
  readonly durationSeconds?: number | undefined
  /** What the lever needs, by its catalogue entry. */
  readonly parameters?: Readonly<Record<string, Json>> | undefined
}

/** An armed fault and its counter. */
export interface ArmedFault extends Required<Omit<FaultDefinition, 'durationSeconds'>> {
  /** Identifies the fault, for example `f1`. */
  readonly id: string
  /** How often it has struck. */
  readonly fired: number
  /** Whether it will not fire again. */
  readonly spent: boolean
  /** What it does, in one sentence. */
  readonly explain: string
}

/** Arms, lists and disarms faults; adapters ask for matches. */
export interface Faults {
  /** Every fault type that can be armed. */
  readonly types: readonly FaultTypeDocument[]
  /** Arms a fault. @throws InvalidInput with the field, the rule and the given value. */
  arm(definition: FaultDefinition): ArmedFault
  /** Nothing is armed: borders on a hot path ask this first. */
  readonly idle: boolean
  /**
   * A border asks at each point where a lever may strike (the lever's name without its last part, e.g. `mqtt.puback`).
   * The first armed fault that matches strikes: it counts, is journalled, and is given back.
   * @param effects - only levers whose last part is one of these; left out: any.
   * @returns the fault with `effect` = the last part of its name, or undefined.
   */
  match(
    point: string,
    identity?: string,
    effects?: readonly string[],
  ):
    | {
        readonly fault: ArmedFault
        readonly effect: string
        readonly parameters: Readonly<Record<string, Json>>
      }
    | undefined
  /** All faults that are armed or spent, in order of arming. */
  list(): readonly ArmedFault[]
  /** Disarms and removes a fault. @param id - default: all faults. */
  disarm(id?: string): void
  /** Told when one is armed or disarmed: listeners that must act at once (`tcp.refuse`, `tcp.drop_now`). */
  onChange(listener: (fault: ArmedFault, phase: 'armed' | 'disarmed') => void): () => void
}

/** A parameter of a fault type. */
export interface FaultParameter {
  /** Type of its value. */
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'json'
  /** What it means. */
  readonly description: string
  /** It has no default. */
  readonly required?: true
  /** The value when it is left out. */
  readonly default?: Json
  /** Smallest value. */
  readonly minimum?: number
  /** Largest value. */
  readonly maximum?: number
  /** All values. */
  readonly oneOf?: readonly string[]
}

/** A kind of fault that can be injected. */
export interface FaultType {
  /** `{point}.{effect}`; adapters ask for the point. */
  readonly name: string
  /** What it does, as the end of "the hub …". */
  readonly description: string
  /** Whether the hub knows the identity at that point, so that `scope.identity` can be given. */
  readonly scope: 'identity' | 'everyone'
  /** What counts as one match for `trigger` and `count`. */
  readonly trigger: string
  /** Its parameters. */
  readonly parameters: Readonly<Record<string, FaultParameter>>
  /** A definition that can be armed. */
  readonly example: FaultDefinition
}

/** A fault type as the command line and the control API show it. */
export interface FaultTypeDocument extends Omit<FaultType, 'description'> {
  /** One sentence: at which point, and what the hub does. */
  readonly explain: string
}
