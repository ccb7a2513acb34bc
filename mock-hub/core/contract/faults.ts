/** Faults that can be injected: their definition as data, and the port that adapters ask. */

import { own, type Json } from '../../base/json.ts'

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

/** A definition with its defaults filled in, and how often it has fired. */
export interface ArmedFault {
  readonly name: string
  /** Empty: everyone. */
  readonly scope: { readonly identity?: string }
  readonly trigger: { readonly skip: number }
  readonly count: number | 'always'
  readonly parameters: Readonly<Record<string, Json>>
  readonly id: string
  /** How often it has struck. */
  readonly fired: number
  /** Whether it will not fire again. */
  readonly spent: boolean
  /** What it does, in one sentence. */
  readonly explain: string
}

/** Armed faults have not fired as often as they were armed for. The message is a table of them. */
export class UnfiredFaults extends Error {
  readonly faults: readonly ArmedFault[]

  constructor(message: string, faults: readonly ArmedFault[]) {
    super(message)
    this.name = 'UnfiredFaults'
    this.faults = faults
  }
}

/** An armed fault that fires now. */
export interface FaultMatch {
  readonly fault: ArmedFault
  /** The last part of its name, such as `withhold`. */
  readonly effect: string
  readonly parameters: Readonly<Record<string, Json>>
  /**
   * Calls the listener once when the fault ends: its `durationSeconds` are over or it is disarmed. An effect that lasts,
   * such as `tcp.stall`, stops then.
   * @returns stops listening.
   */
  onEnd(listener: () => void): () => void
}

/** The number that a fault gives for a parameter; its catalogue entry was checked when it was armed. */
export function numberParameter(
  { parameters }: Pick<FaultMatch, 'parameters'>,
  name: string,
  otherwise: number,
): number {
  const value = own(parameters, name)
  return typeof value === 'number' ? value : otherwise
}

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
  match(point: string, identity?: string, effects?: readonly string[]): FaultMatch | undefined
  list(): readonly ArmedFault[]
  /**
   * For the end of a test: every fault that is armed, or whose duration is over, has fired as often as its `count` says,
   * or at least once when that is `always`.
   * @throws UnfiredFaults with a table of the others: name, scope, how often each fired and was to fire.
   */
  assertAllFired(): void
  /** @param id left out: all. */
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
