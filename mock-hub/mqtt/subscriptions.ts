/** What one link is subscribed to, and which QoS it was granted. */

import type { Channel } from '../core/contract.ts'
import type { Filter, Subject } from './topics.ts'

interface Subscription {
  readonly filter: Filter
  readonly qos: 0 | 1
}

export class Subscriptions {
  readonly #byFilter = new Map<string, Subscription>()

  get size(): number {
    return this.#byFilter.size
  }

  has(filter: string): boolean {
    return this.#byFilter.has(filter)
  }

  put(text: string, filter: Filter, qos: 0 | 1): void {
    this.#byFilter.set(text, { filter, qos })
  }

  delete(text: string): void {
    this.#byFilter.delete(text)
  }

  /** The highest QoS granted for this; undefined: not subscribed. */
  qosFor(subject: Subject, methodName?: string): 0 | 1 | undefined {
    let qos: 0 | 1 | undefined
    for (const { filter, qos: granted } of this.#byFilter.values()) {
      if (!filter.subjects.includes(subject)) continue
      if (filter.methodName !== undefined && filter.methodName !== methodName) continue
      if (granted === 1) return 1
      qos = 0
    }
    return qos
  }

  /** Channels that at least one filter opens. */
  get channels(): readonly Channel[] {
    const channels = new Set<Channel>()
    for (const { filter } of this.#byFilter.values())
      for (const channel of channelsOf(filter)) channels.add(channel)
    return [...channels]
  }
}

/** The core's word for what a filter opens; answers to twin requests are no channel of the core. */
export function channelsOf(filter: Filter): readonly Channel[] {
  return filter.subjects.filter((subject) => subject !== 'answers')
}
