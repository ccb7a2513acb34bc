/**
 * The one door to aedes' persistence, which keeps the sessions of MQTT clients (decisions 23 and 42). It is handed packets
 * that have been read and checked: CONNECT opens or clears a session, SUBSCRIBE and UNSUBSCRIBE change a stored one.
 * Nothing is routed through it: publishes of devices end in the core, and deliveries to devices come from there.
 */

import memoryOf from 'aedes-persistence'
import type { Commits, StateDocument, StateSource } from '../core/contract/store/commits.ts'

/** A filter of a stored session, with the QoS that was granted. */
export interface StoredSubscription {
  readonly topic: string
  readonly qos: number
}

/** What the hub uses of aedes' persistence; its own types still describe callbacks. */
interface Persistence {
  subscriptionsByClient(client: { id: string }): Promise<readonly StoredSubscription[]>
  addSubscriptions(client: { id: string }, subscriptions: readonly StoredSubscription[]): Promise<void>
  removeSubscriptions(client: { id: string }, filters: readonly string[]): Promise<void>
  cleanSubscriptions(client: { id: string }): Promise<void>
}

/** What the package exports; its types describe another way to import it. */
const inMemory = memoryOf as unknown as () => Persistence

type PacketIds = ReadonlyMap<string, number>

/** A session as a document of a store. */
interface StoredSession {
  readonly subscriptions: readonly (readonly [topic: string, qos: number])[]
  readonly packetIds: readonly (readonly [message: string, packetId: number])[]
}

/** What aedes' persistence cannot say at once, or has no place for. */
class SessionRecord {
  /** Filters of the session; kept only for a store. */
  readonly filters = new Map<string, number>()
  /** Packet ids of deliveries that the last connection left unacknowledged, by message. */
  left: PacketIds | undefined
  /** The same of the connection that is open. */
  live: (() => PacketIds | undefined) | undefined
}

export class Broker implements StateSource<StoredSession> {
  readonly kind = 'mqttSession'
  readonly #persistence: Persistence
  readonly #commits: Commits
  readonly #records = new Map<string, SessionRecord>()
  /** Sessions of an earlier process are being handed to the persistence. */
  #loading: Promise<unknown> | undefined

  private constructor(persistence: Persistence, commits: Commits) {
    this.#persistence = persistence
    this.#commits = commits
    commits.keep(this)
  }

  static start(commits: Commits): Broker {
    return new Broker(inMemory(), commits)
  }

  /**
   * CONNECT of a client that has been authenticated, after an older connection of the same client id has ended.
   * @param clean true: a stored session is discarded, and none is stored (MQTT-3.1.2-6).
   */
  async connect(clientId: string, clean: boolean): Promise<BrokerSession> {
    if (this.#loading !== undefined) await this.#loading
    if (clean) {
      await this.forget(clientId)
      return new BrokerSession(clientId, undefined, NO_SUBSCRIPTIONS, undefined)
    }
    const restored = await this.#persistence.subscriptionsByClient({ id: clientId })
    return new BrokerSession(clientId, this, restored, this.#records.get(clientId)?.left)
  }

  /** Discards the stored session of a client. */
  async forget(clientId: string): Promise<void> {
    if (this.#records.delete(clientId)) this.changed(clientId)
    await this.#persistence.cleanSubscriptions({ id: clientId })
  }

  async add(clientId: string, subscriptions: readonly StoredSubscription[]): Promise<void> {
    if (this.#commits.active) {
      const { filters } = this.recordOf(clientId)
      for (const { topic, qos } of subscriptions) filters.set(topic, qos)
      this.changed(clientId)
    }
    await this.#persistence.addSubscriptions({ id: clientId }, subscriptions)
  }

  async remove(clientId: string, topics: readonly string[]): Promise<void> {
    const filters = this.#records.get(clientId)?.filters
    for (const topic of topics) filters?.delete(topic)
    this.changed(clientId)
    await this.#persistence.removeSubscriptions({ id: clientId }, topics)
  }

  recordOf(clientId: string): SessionRecord {
    const record = this.#records.get(clientId) ?? new SessionRecord()
    this.#records.set(clientId, record)
    return record
  }

  /** @param left packet ids of deliveries without a PUBACK, by message; undefined: there are none. */
  ended(clientId: string, left: PacketIds | undefined): void {
    // Most connections leave nothing behind: no record is made for them.
    if (left === undefined && !this.#records.has(clientId)) return
    const record = this.recordOf(clientId)
    record.live = undefined
    record.left = left
    this.changed(clientId)
  }

  /** The session of a client has changed, or the packet ids of its connection. */
  changed(clientId: string): void {
    this.#commits.changed('mqttSession', clientId)
  }

  get isStored(): boolean {
    return this.#commits.active
  }

  keys(): Iterable<string> {
    return this.#records.keys()
  }

  read(clientId: string): StoredSession | undefined {
    const record = this.#records.get(clientId)
    if (record === undefined) return undefined
    const { filters, left, live } = record
    const packetIds = live === undefined ? left : live()
    return { subscriptions: [...filters], packetIds: [...(packetIds ?? [])] }
  }

  load(documents: readonly StateDocument<StoredSession>[]): void {
    const gone = [...this.#records.keys()]
    this.#records.clear()
    const handOver = async (): Promise<void> => {
      for (const id of gone) await this.#persistence.cleanSubscriptions({ id })
      for (const { key: id, value } of documents)
        await this.#persistence.addSubscriptions(
          { id },
          value.subscriptions.map(([topic, qos]) => ({ topic, qos })),
        )
    }
    for (const { key, value } of documents) {
      const record = this.recordOf(key)
      for (const [topic, qos] of value.subscriptions) record.filters.set(topic, qos)
      if (value.packetIds.length > 0) record.left = new Map(value.packetIds)
    }
    this.#loading = handOver().finally(() => {
      this.#loading = undefined
    })
  }
}

const NO_SUBSCRIPTIONS: readonly StoredSubscription[] = []

/** The broker's session of one connection. */
export class BrokerSession {
  /** Filters of the stored session that are in force again. */
  readonly restored: readonly StoredSubscription[]
  /** Packet ids of deliveries that an earlier connection left unacknowledged, by message. */
  readonly packetIds: PacketIds | undefined
  readonly #clientId: string
  /** Undefined: a clean session, which ends with its connection. */
  readonly #broker: Broker | undefined

  constructor(
    clientId: string,
    broker: Broker | undefined,
    restored: readonly StoredSubscription[],
    packetIds: PacketIds | undefined,
  ) {
    this.restored = restored
    this.packetIds = packetIds
    this.#clientId = clientId
    this.#broker = broker
  }

  /** Session present, as CONNACK says it: something of an earlier connection was restored. */
  get present(): boolean {
    return this.restored.length > 0
  }

  /** SUBSCRIBE. @returns undefined: nothing has to be stored. */
  subscribe(subscriptions: readonly StoredSubscription[]): undefined | Promise<void> {
    return this.#broker?.add(this.#clientId, subscriptions)
  }

  /** UNSUBSCRIBE. @returns undefined: nothing was stored. */
  unsubscribe(topics: readonly string[]): undefined | Promise<void> {
    return this.#broker?.remove(this.#clientId, topics)
  }

  /**
   * The connection is open: with a store, the packet ids of its unacknowledged deliveries are kept.
   * @param unacknowledged packet ids by message.
   * @returns to be called when they change; undefined: nobody asks.
   */
  watch(unacknowledged: () => PacketIds | undefined): (() => void) | undefined {
    const broker = this.#broker
    if (broker?.isStored !== true) return undefined
    const clientId = this.#clientId
    broker.recordOf(clientId).live = unacknowledged
    return () => {
      broker.changed(clientId)
    }
  }

  /**
   * The connection has ended.
   * @param unacknowledged packet ids of deliveries without a PUBACK, by message; undefined: there are none.
   */
  end(unacknowledged: PacketIds | undefined): void {
    const broker = this.#broker
    if (broker === undefined) return
    broker.ended(this.#clientId, unacknowledged)
  }
}
