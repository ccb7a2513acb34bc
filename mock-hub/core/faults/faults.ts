/** The armed faults: each says where it applies, counts how often it fired and explains what it did. */

import { forPurpose, type Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type {
  ArmedFault,
  FaultDefinition,
  FaultMatch,
  FaultType,
  FaultTypeDocument,
  Faults,
} from '../contract/faults.ts'
import type { Journal } from '../contract/journal.ts'
import { faultTypeDocuments } from './fault-catalogue.ts'
import { checkDefinition } from './fault-definition.ts'
import { Emitter } from '../../base/emitter.ts'
import { assertAllFired } from './unfired-faults.ts'

export class HubFaults implements Faults {
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #armed: Armed[] = []
  readonly #listeners = new Emitter<[ArmedFault, 'armed' | 'disarmed']>()
  #live = 0
  #lastId = 0

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock
    this.#journal = journal
  }

  get types(): readonly FaultTypeDocument[] {
    return faultTypeDocuments()
  }

  get idle(): boolean {
    return this.#live === 0
  }

  arm(definition: FaultDefinition): ArmedFault {
    const type = checkDefinition(definition)
    const armed = new Armed(`f${String(++this.#lastId)}`, definition, type)
    const { durationSeconds } = definition
    if (durationSeconds !== undefined)
      armed.cancelTimer = this.#clock.schedule(
        durationSeconds * 1000,
        forPurpose({ kind: 'fault' }, () => {
          this.#spend(armed)
          armed.end()
        }),
      )
    this.#armed.push(armed)
    this.#live++
    this.#record(armed, 'armed')
    this.#listeners.tell(armed.snapshot(), 'armed')
    return armed.snapshot()
  }

  match(point: string, identity?: string, effects?: readonly string[]): FaultMatch | undefined {
    if (this.#live === 0) return undefined
    for (const armed of this.#armed) {
      if (!armed.matches(point, identity, effects)) continue
      if (armed.skipsLeft > 0) {
        armed.skipsLeft--
        continue
      }
      armed.fired++
      if (armed.fired === armed.count) this.#spend(armed)
      this.#record(armed, 'fired')
      return {
        fault: armed.snapshot(),
        effect: armed.effect,
        parameters: armed.parameters,
        onEnd: (listener) => armed.onEnd(listener),
      }
    }
    return undefined
  }

  list(): readonly ArmedFault[] {
    return this.#armed.map((armed) => armed.snapshot())
  }

  assertAllFired(): void {
    assertAllFired(this.list())
  }

  disarm(id?: string): void {
    for (const armed of [...this.#armed]) {
      if (id !== undefined && armed.id !== id) continue
      armed.cancelTimer()
      this.#spend(armed)
      this.#armed.splice(this.#armed.indexOf(armed), 1)
      this.#record(armed, 'disarmed')
      this.#listeners.tell(armed.snapshot(), 'disarmed')
      armed.end()
    }
  }

  onChange(listener: (fault: ArmedFault, phase: 'armed' | 'disarmed') => void): () => void {
    return this.#listeners.add(listener)
  }

  /** It fires no more. What it has caused lasts until it ends, so its timer goes on. */
  #spend(armed: Armed): void {
    if (armed.spent) return
    armed.spent = true
    this.#live--
  }

  #record({ id, name, explain }: Armed, phase: 'armed' | 'fired' | 'disarmed'): void {
    this.#journal.record({ type: 'fault', faultId: id, name, phase, explain })
  }
}

class Armed {
  readonly id: string
  readonly name: string
  readonly point: string
  readonly effect: string
  readonly identity: string | undefined
  readonly skip: number
  readonly count: number | 'always'
  readonly durationSeconds: number | undefined
  readonly parameters: Readonly<Record<string, Json>>
  readonly explain: string
  fired = 0
  skipsLeft: number
  spent = false
  cancelTimer: () => void = () => undefined
  readonly #ends = new Emitter<[]>()
  #ended = false

  constructor(id: string, definition: FaultDefinition, type: FaultType) {
    const { name, scope, trigger, count = 1, durationSeconds, parameters = {} } = definition
    const dot = name.lastIndexOf('.')
    this.id = id
    this.name = name
    this.point = name.slice(0, dot)
    this.effect = name.slice(dot + 1)
    this.identity = scope?.identity
    this.skip = trigger?.skip ?? 0
    this.skipsLeft = this.skip
    this.count = count
    this.durationSeconds = durationSeconds
    this.parameters = parameters
    this.explain = explain(definition, type)
  }

  onEnd(listener: () => void): () => void {
    return this.#ends.add(listener)
  }

  /** Called once: when the duration is over, or else when it is disarmed. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#ends.tell()
  }

  matches(point: string, identity: string | undefined, effects: readonly string[] | undefined): boolean {
    return (
      !this.spent &&
      this.point === point &&
      (this.identity === undefined || this.identity === identity) &&
      (effects === undefined || effects.includes(this.effect))
    )
  }

  snapshot(): ArmedFault {
    return {
      id: this.id,
      name: this.name,
      scope: this.identity === undefined ? {} : { identity: this.identity },
      trigger: { skip: this.skip },
      count: this.count,
      ...(this.durationSeconds === undefined ? {} : { durationSeconds: this.durationSeconds }),
      parameters: this.parameters,
      fired: this.fired,
      spent: this.spent,
      explain: this.explain,
    }
  }
}

/** One sentence: at which point, what the hub does, for whom, after how many matches, how often, how long. */
function explain(definition: FaultDefinition, type: FaultType): string {
  const { scope, trigger, count = 1, durationSeconds, parameters = {} } = definition
  const skip = trigger?.skip ?? 0
  const given = Object.entries(parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const conditions = [
    ...(scope?.identity === undefined ? [] : [`for ${scope.identity}`]),
    ...(skip === 0 ? [] : [`after ${String(skip)} ${skip === 1 ? 'match' : 'matches'}`]),
    count === 'always' ? 'each time' : count === 1 ? 'once' : `${String(count)} times`,
    ...(durationSeconds === undefined ? [] : [`within ${String(durationSeconds)} s`]),
  ]
  const values = given.length === 0 ? '' : ` (${given.join(', ')})`
  return `At ${type.trigger}, the hub ${type.description}${values}; ${conditions.join(', ')}.`
}
