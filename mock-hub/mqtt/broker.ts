/**
 * The one door to aedes, the broker that keeps the sessions of MQTT clients (decision 23). It is handed packets that have
 * been read and checked: CONNECT opens or clears a session, SUBSCRIBE and UNSUBSCRIBE change a stored one. Nothing is
 * routed through it: publishes of devices end in the core, and deliveries to devices come from there.
 */

import { Aedes } from 'aedes'

/** A filter of a stored session, with the QoS that was granted. */
export interface StoredSubscription {
  readonly topic: string
  readonly qos: number
}

/** What aedes offers at `persistence`; its own types still describe callbacks. */
interface Persistence {
  subscriptionsByClient(client: { id: string }): Promise<readonly StoredSubscription[]>
  addSubscriptions(client: { id: string }, subscriptions: readonly StoredSubscription[]): Promise<void>
  removeSubscriptions(client: { id: string }, filters: readonly string[]): Promise<void>
  cleanSubscriptions(client: { id: string }): Promise<void>
}

type PacketIds = ReadonlyMap<string, number>

/** aedes' own timers never fire: time is the hub's clock. Four times this is still a valid delay of a timer. */
const NEVER_MS = 2 ** 29 - 1

export class Broker {
  readonly #aedes: Aedes
  readonly #persistence: Persistence
  /** Packet ids of unacknowledged deliveries of stored sessions, by client id: aedes has no place for them. */
  readonly #packetIds = new Map<string, PacketIds>()

  private constructor(aedes: Aedes) {
    this.#aedes = aedes
    this.#persistence = (aedes as unknown as { readonly persistence: Persistence }).persistence
  }

  static async start(): Promise<Broker> {
    return new Broker(await Aedes.createBroker({ heartbeatInterval: NEVER_MS }))
  }

  /**
   * CONNECT of a client that has been authenticated, after an older connection of the same client id has ended.
   * @param clean true: a stored session is discarded, and none is stored (MQTT-3.1.2-6).
   */
  async connect(clientId: string, clean: boolean): Promise<BrokerSession> {
    const client = { id: clientId }
    if (clean) {
      this.#packetIds.delete(clientId)
      await this.#persistence.cleanSubscriptions(client)
      return new BrokerSession(client, undefined, NO_SUBSCRIPTIONS, undefined)
    }
    const subscriptions = await this.#persistence.subscriptionsByClient(client)
    const store = { persistence: this.#persistence, packetIds: this.#packetIds }
    return new BrokerSession(client, store, subscriptions, this.#packetIds.get(clientId))
  }

  /** Discards the stored session of a client. */
  async forget(clientId: string): Promise<void> {
    this.#packetIds.delete(clientId)
    await this.#persistence.cleanSubscriptions({ id: clientId })
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#aedes.close(() => {
        resolve()
      })
    })
  }
}

const NO_SUBSCRIPTIONS: readonly StoredSubscription[] = []

interface SessionStore {
  readonly persistence: Persistence
  readonly packetIds: Map<string, PacketIds>
}

/** The broker's session of one connection. */
export class BrokerSession {
  /** Filters of the stored session that are in force again. */
  readonly restored: readonly StoredSubscription[]
  /** Packet ids of deliveries that an earlier connection left unacknowledged, by message. */
  readonly packetIds: PacketIds | undefined
  readonly #client: { readonly id: string }
  /** Undefined: a clean session, which ends with its connection. */
  readonly #store: SessionStore | undefined

  constructor(
    client: { readonly id: string },
    store: SessionStore | undefined,
    restored: readonly StoredSubscription[],
    packetIds: PacketIds | undefined,
  ) {
    this.restored = restored
    this.packetIds = packetIds
    this.#client = client
    this.#store = store
  }

  /** Session present, as CONNACK says it: something of an earlier connection was restored. */
  get present(): boolean {
    return this.restored.length > 0
  }

  /** SUBSCRIBE. @returns undefined: nothing has to be stored. */
  subscribe(subscriptions: readonly StoredSubscription[]): undefined | Promise<void> {
    return this.#store?.persistence.addSubscriptions(this.#client, subscriptions)
  }

  /** UNSUBSCRIBE. @returns undefined: nothing was stored. */
  unsubscribe(filters: readonly string[]): undefined | Promise<void> {
    return this.#store?.persistence.removeSubscriptions(this.#client, filters)
  }

  /**
   * The connection has ended.
   * @param unacknowledged packet ids of deliveries without a PUBACK, by message; undefined: there are none.
   */
  end(unacknowledged: PacketIds | undefined): void {
    if (this.#store === undefined) return
    if (unacknowledged === undefined) this.#store.packetIds.delete(this.#client.id)
    else this.#store.packetIds.set(this.#client.id, unacknowledged)
  }
}
