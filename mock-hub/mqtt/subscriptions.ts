/** What one client has subscribed to, and the QoS that each filter was granted. */

import type { Identity } from '../core/contract/identity.ts'
import type { Channel } from '../core/contract/sessions.ts'
import { type Filter, matches, type Subject } from './codec/filters.ts'

interface Subscription {
  readonly text: string
  readonly filter: Filter
  readonly qos: 0 | 1
}

const NONE: readonly Subscription[] = []

/** A list: there are at most five (WIRE-SESS-16). */
export class Subscriptions {
  readonly #identity: Identity
  #list: readonly Subscription[] = NONE

  /** @param identity who subscribes. */
  constructor(identity: Identity) {
    this.#identity = identity
  }

  get size(): number {
    return this.#list.length
  }

  has(text: string): boolean {
    return this.#list.some((subscription) => subscription.text === text)
  }

  put(text: string, filter: Filter, qos: 0 | 1): void {
    this.delete(text)
    this.#list = [...this.#list, { text, filter, qos }]
  }

  delete(text: string): void {
    if (this.has(text)) this.#list = this.#list.filter((subscription) => subscription.text !== text)
  }

  /**
   * The highest QoS that was granted for this subject; undefined: not subscribed.
   * @param name of the method or input, or the status of the answer; undefined: any.
   */
  qosFor(subject: Subject, name?: string): 0 | 1 | undefined {
    let qos: 0 | 1 | undefined
    for (const { filter, qos: granted } of this.#list) {
      if (!matches(filter, subject, this.#identity, name)) continue
      if (granted === 1) return 1
      qos = 0
    }
    return qos
  }

  /** The QoS of a filter that is this very topic; undefined: there is none. */
  qosOf(topic: string): 0 | 1 | undefined {
    return this.#list.find(({ text }) => text === topic)?.qos
  }

  /** Channels that at least one filter opens. */
  get channels(): readonly Channel[] {
    const channels = new Set<Channel>()
    for (const { filter } of this.#list) for (const channel of channelsOf(filter)) channels.add(channel)
    return [...channels]
  }
}

/** The channels of the core that a filter opens; answers to twin requests are not a channel. */
export function channelsOf(filter: Filter): readonly Channel[] {
  return filter.subjects.filter((subject) => subject !== 'answers')
}
