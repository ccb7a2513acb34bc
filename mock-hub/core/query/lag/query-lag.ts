import type { Json } from '../../../base/json.ts'
import type { Hub } from '../../contract/hub.ts'
import type { TwinSource } from '../rows.ts'
import { RegistryHistory } from './registry-history.ts'

const FAULT = 'query.lag'
const FAULT_SECONDS = 5

type LagHub = Pick<Hub, 'clock' | 'faults' | 'journal' | 'registry' | 'settings' | 'twins'>

/**
 * Lets queries see the twins as they were some seconds ago, as the index of the service does: setting `queryLagSeconds`,
 * fault type `query.lag`. Without either it watches nothing.
 */
export class QueryLag {
  readonly #hub: LagHub
  readonly #stopFaults: () => void
  #history: RegistryHistory | undefined

  constructor(hub: LagHub) {
    this.#hub = hub
    this.#adapt()
    this.#stopFaults = hub.faults.onChange(({ name }) => {
      if (name === FAULT) this.#adapt()
    })
  }

  /** What the next query sees; counts as one query for `query.lag`. @returns undefined: the twins as they are. */
  view(): TwinSource | undefined {
    const history = this.#history
    if (history === undefined) return undefined
    const match = this.#hub.faults.match('query', undefined, ['lag'])
    const seconds = match === undefined ? this.#hub.settings.queryLagSeconds : secondsOf(match.parameters)
    this.#adapt()
    return seconds === 0 ? undefined : history.view(this.#hub.clock.now() - seconds * 1_000)
  }

  /** Forgets what was: the state of the hub was replaced. */
  reset(): void {
    this.#history?.reset()
  }

  stop(): void {
    this.#stopFaults()
    this.#history?.stop()
  }

  /** Watches the hub for as long as a query can lag. */
  #adapt(): void {
    const { faults, settings } = this.#hub
    const armed = faults.idle ? [] : faults.list().filter(({ name, spent }) => name === FAULT && !spent)
    const seconds = Math.max(
      settings.queryLagSeconds,
      ...armed.map(({ parameters }) => secondsOf(parameters)),
    )
    if (settings.queryLagSeconds === 0 && armed.length === 0) {
      this.#history?.stop()
      this.#history = undefined
      return
    }
    this.#history ??= new RegistryHistory(this.#hub)
    this.#history.keepMs = seconds * 1_000
  }
}

function secondsOf(parameters: Readonly<Record<string, Json>> | undefined): number {
  const seconds = parameters?.['seconds']
  return typeof seconds === 'number' ? seconds : FAULT_SECONDS
}
