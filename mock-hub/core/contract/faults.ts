/** Faults that can be injected: their definition as data, and the port that adapters ask. */

import { own, type Json } from '../../base/json.ts'

/** A fault to inject, as data, so that a process in any language can define it. */
export interface FaultDefinition {
  /** A fault type of the catalogue, for example `mqtt.puback.withhold`. */
  readonly name: string
  /** The identity that it affects: `d1` or `d1/m1`. Default: every identity. */
  readonly scope?: { readonly identity?: string } | undefined
  /** The number of matches to skip before it fires. Default: 0. */
  readonly trigger?: { readonly skip?: number } | undefined
  /** How often it fires; `always`: until it is disarmed. Default: 1. */
  readonly count?: number | 'always' | undefined
  /** How long it stays armed, in seconds on the hub's clock. Default: no limit. */
  readonly durationSeconds?: number | undefined
  /** Parameters of the fault type. */
  readonly parameters?: Readonly<Record<string, Json>> | undefined
}

/** A definition with its defaults filled in, and how often it has fired. */
export interface ArmedFault {
  /** The fault type. */
  readonly name: string
  /** The identity that it affects; empty: every identity. */
  readonly scope: { readonly identity?: string }
  /** The number of matches to skip before it fires. */
  readonly trigger: { readonly skip: number }
  /** How often it fires; `always`: until it is disarmed. */
  readonly count: number | 'always'
  /** How long it stays armed, in seconds from arming; left out: no limit. */
  readonly durationSeconds?: number
  /** Parameters of the fault type, as given. */
  readonly parameters: Readonly<Record<string, Json>>
  /** Identifies the fault, for example `f1`. */
  readonly id: string
  /** How often it has fired. */
  readonly fired: number
  /** Whether it will not fire again. */
  readonly spent: boolean
  /** What it does, in one sentence. */
  readonly explain: string
}

/** Armed faults have not fired as often as they were armed for. The message is a table of them. */
export class UnfiredFaults extends Error {
  /** The faults that have not fired often enough. */
  readonly faults: readonly ArmedFault[]

  constructor(message: string, faults: readonly ArmedFault[]) {
    super(message)
    this.name = 'UnfiredFaults'
    this.faults = faults
  }
}

/** An armed fault that fires now. */
export interface FaultMatch {
  /** The fault. */
  readonly fault: ArmedFault
  /** The last part of its name, for example `withhold`. */
  readonly effect: string
  /** Its parameters. */
  readonly parameters: Readonly<Record<string, Json>>
  /**
   * Calls the listener once when the fault ends, because its `durationSeconds` are over or because it is disarmed. A
   * lasting effect, for example `tcp.stall`, stops then.
   * @returns stops listening.
   */
  onEnd(listener: () => void): () => void
}

/** The value of a numeric parameter, or `otherwise` when it is not given. */
export function numberParameter(
  { parameters }: Pick<FaultMatch, 'parameters'>,
  name: string,
  otherwise: number,
): number {
  const value = own(parameters, name)
  return typeof value === 'number' ? value : otherwise
}

/** Arms, lists and disarms faults; adapters ask for matches. */
export interface Faults {
  /** Every fault type that can be armed. */
  readonly types: readonly FaultTypeDocument[]
  /** Arms a fault. @throws InvalidInput with the field, the rule and the given value. */
  arm(definition: FaultDefinition): ArmedFault
  /** Whether no fault is armed; adapters on a hot path ask this first. */
  readonly idle: boolean
  /**
   * Adapters call this at each point where a fault may fire: a point is the name of a fault type without its last part,
   * for example `mqtt.puback`. The first armed fault that matches fires: it is counted, journalled and returned.
   * @param point - the point.
   * @param identity - the identity, if it is known there.
   * @param effects - last parts of the names to match. Default: any.
   * @returns the fault, with the last part of its name as `effect`; undefined: no fault matches.
   */
  match(point: string, identity?: string, effects?: readonly string[]): FaultMatch | undefined
  /** All faults that are armed or spent, in order of arming. */
  list(): readonly ArmedFault[]
  /**
   * For the end of a test: checks that every fault that is armed, or whose duration is over, has fired as often as its
   * `count` says, or at least once when it is `always`.
   * @throws UnfiredFaults with a table of the other faults: name, scope, how often each fired and was to fire.
   */
  assertAllFired(): void
  /** Disarms and removes a fault. @param id - default: all faults. */
  disarm(id?: string): void
  /** Calls the listener when a fault is armed or disarmed. @returns stops listening. */
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
