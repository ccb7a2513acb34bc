/** An authenticated identity on its connection: its subscriptions, its will, and the core's session of its link. */

import type { Hub } from '../core/contract/hub.ts'
import type { Channel, CloseReason, Session } from '../core/contract/sessions.ts'
import type { Explanation } from '../core/errors/hub-error.ts'
import type { StoredSubscription } from './broker.ts'
import type { ConnectPacket } from './codec/packets.ts'
import { TelemetryPath, willMessage } from './codec/telemetry-path.ts'
import { type Filter, parseFilter } from './codec/filters.ts'
import { isTelemetryOf, telemetryRoot } from './codec/topics.ts'
import { MqttLink } from './link.ts'
import type { MqttCaller } from './link.ts'
import type { OutgoingQueue } from './outgoing-queue.ts'
import { foreignWill } from './protocol-errors.ts'
import { Subscriptions } from './subscriptions.ts'

export class DeviceSession {
  readonly caller: MqttCaller
  readonly subscriptions: Subscriptions
  readonly telemetryPath: TelemetryPath
  readonly #hub: Hub
  readonly #link: MqttLink
  #will: ConnectPacket['will']
  #coreSession: Session | undefined

  /** @param close closes the connection. */
  constructor(
    hub: Hub,
    caller: MqttCaller,
    will: ConnectPacket['will'],
    out: OutgoingQueue,
    close: (reason: CloseReason, explanation?: Explanation) => void,
  ) {
    this.caller = caller
    this.subscriptions = new Subscriptions(caller.principal.identity)
    this.telemetryPath = new TelemetryPath(caller.principal.identity)
    this.#hub = hub
    this.#link = new MqttLink(hub, caller, this.subscriptions, out, close)
    this.#will = will
  }

  /** `d1` or `d1/m1`. */
  get key(): string {
    return this.#link.key
  }

  /**
   * The core closes an older link of this identity and watches the expiry of the token.
   * @throws HubError when the identity may not connect now; an older link then stays.
   */
  open(): void {
    this.#coreSession = this.#hub.openSession(this.#link)
  }

  /** @returns undefined: the identity may not subscribe to this filter. */
  filterOf(text: string): Filter | undefined {
    const { subscribeToAllOfIothub } = this.#hub.settings
    return parseFilter(text, this.caller.principal.identity, subscribeToAllOfIothub)
  }

  /** A stored session is continued. */
  restore(subscriptions: readonly StoredSubscription[]): void {
    for (const { topic, qos } of subscriptions) {
      const filter = this.filterOf(topic)
      if (filter !== undefined) this.subscriptions.put(topic, filter, qos === 0 ? 0 : 1)
    }
  }

  /** CONNACK has been written: what has waited for the device comes right after it (WIRE-SESS-03). */
  up(): void {
    this.#link.up = true
    this.ready(this.subscriptions.channels)
  }

  /** The device has subscribed to these: what waits may be sent. */
  ready(channels: readonly Channel[]): void {
    for (const channel of channels) this.#coreSession?.ready(channel)
  }

  /** DISCONNECT voids the will (MQTT-3.14.4-3). */
  discardWill(): void {
    this.#will = undefined
  }

  /** The connection was lost without DISCONNECT (WIRE-SESS-20). */
  publishWill(): void {
    if (this.#will === undefined) return
    const { topic, payload, retain = false } = this.#will
    const { identity } = this.caller.principal
    if (!isTelemetryOf(topic, identity)) {
      this.#link.refused(foreignWill(topic, identity))
      return
    }
    const bag = topic.slice(telemetryRoot(identity).length + 1)
    const failed = (error: unknown): void => {
      this.#link.refused(error)
    }
    try {
      const message = willMessage(bag, Buffer.from(payload), retain)
      this.#hub.perform(this.caller, 'telemetry', { message })?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Nothing more is sent to the device. */
  down(): void {
    this.#link.up = false
  }

  ended(): void {
    this.#coreSession?.ended()
  }
}
