/**
 * What an admitted identity does over its connection: its publishes become operations of the core, its PUBACKs settle
 * deliveries, its subscriptions open channels.
 */

import { isUtf8 } from 'node:buffer'
import type { Hub } from '../core/contract/hub.ts'
import type { Caller } from '../core/contract/operations.ts'
import type { Channel, CloseReason, Session } from '../core/contract/sessions.ts'
import { type Explanation, type HubError, toHubError } from '../core/errors/hub-error.ts'
import { identityKey } from '../core/contract/identity.ts'
import type { Message } from '../core/contract/message.ts'
import type { Admitted } from './admission.ts'
import {
  foreignTopic,
  qos2,
  tooLarge,
  tooManyFilters,
  unknownTopic,
  unsupportedFilter,
} from './protocol-errors.ts'
import { MalformedPacket } from './codec/frames.ts'
import type { FrameReader } from './codec/frames.ts'
import { FAULT_ORDER, readInjectedFault } from './faults/injected-faults.ts'
import type { InjectedFault } from './faults/injected-faults.ts'
import { MqttLink } from './link.ts'
import type { LinkPort } from './link.ts'
import type { OutgoingQueue, Publication } from './outgoing-queue.ts'
import { DUP, PublishView, RETAIN, cappedSubscribe } from './codec/packets.ts'
import type { ConnectPacket } from './codec/packets.ts'
import { performRequest } from './requests.ts'
import type { RequestPort, TwinAnswer } from './requests.ts'
import { Subscriptions, channelsOf } from './subscriptions.ts'
import { TelemetryPath, telemetryMessage, willMessage } from './codec/telemetry-path.ts'
import { parseFilter, parsePublishTopic, telemetryRoot } from './codec/topics.ts'
import type { Filter } from './codec/topics.ts'

/** What the exchange needs of its connection. */
export interface DeviceSessionPort {
  readonly hub: Hub
  readonly linkId: string
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly out: OutgoingQueue
  /** CONNACK has been written and the link is not going down. */
  readonly up: boolean
  record(direction: 'in' | 'out', cmd: string, packet: object): void
  puback(packetId: number): void
  answerTwin(answer: TwinAnswer, qos: 0 | 1): void
  /** The device has ordered a fault by this message. @returns whether it goes unacknowledged. */
  inject(fault: InjectedFault): boolean
  /** Journals the refusal; the link stays. */
  refused(error: HubError): void
  /** Journals the refusal and closes the link. */
  refuse(error: HubError): void
  close(reason: CloseReason, explanation?: Explanation): void
}

/** WIRE-SESS-16. */
const MOST_FILTERS = 5

interface PendingSubscribe {
  readonly packetId: number
  readonly filters: readonly { readonly text: string; readonly filter: Filter; readonly qos: 0 | 1 }[]
}

export class DeviceSession implements LinkPort, RequestPort {
  readonly key: string
  readonly hub: Hub
  readonly caller: Caller
  readonly link: MqttLink
  readonly subscriptions: Subscriptions = new Subscriptions()
  readonly #port: DeviceSessionPort
  readonly #telemetry: TelemetryPath
  readonly #will: ConnectPacket['will']
  #session: Session | undefined
  #pending: PendingSubscribe | undefined

  constructor(port: DeviceSessionPort, admitted: Admitted, will: ConnectPacket['will']) {
    const { principal, modelId } = admitted
    this.hub = port.hub
    this.key = identityKey(principal.identity)
    this.caller = { principal, transport: port.transport, linkId: port.linkId, modelId }
    this.link = new MqttLink(port.linkId, port.transport, admitted, this)
    this.#port = port
    this.#telemetry = new TelemetryPath(principal.identity)
    this.#will = will
  }

  get up(): boolean {
    return this.#port.up
  }

  /** The core closes an older link of this identity and watches the token's expiry. */
  openSession(): void {
    this.#session = this.hub.openSession(this.link)
  }

  /** What the stored session or a SUBSCRIBE has opened may flow. */
  ready(channels: readonly Channel[]): void {
    for (const channel of channels) this.#session?.ready(channel)
  }

  ended(): void {
    this.#session?.ended()
  }

  /**
   * A PUBLISH of the device.
   * @returns a promise when the core needs time; nothing else is handled until then.
   * @throws MalformedPacket
   */
  publish({ buffer, header, body, end }: FrameReader): undefined | Promise<undefined> {
    const qos = (header >> 1) & 3
    if (qos === 3) throw new MalformedPacket('QoS 3')
    if (qos === 2) {
      this.#port.refuse(qos2())
      return undefined
    }
    const topicStart = body + 2
    const topicEnd = topicStart + ((buffer[body] ?? 0) << 8) + (buffer[body + 1] ?? 0)
    const payloadStart = topicEnd + (qos === 0 ? 0 : 2)
    if (payloadStart > end) throw new MalformedPacket('PUBLISH shorter than its topic says')
    const packetId = qos === 0 ? 0 : ((buffer[topicEnd] ?? 0) << 8) + (buffer[topicEnd + 1] ?? 0)
    if (qos === 1 && packetId === 0) throw new MalformedPacket('packet id 0 in a PUBLISH of QoS 1')
    const payload = buffer.subarray(payloadStart, end)
    this.#port.record(
      'in',
      'publish',
      new PublishView(header, buffer, topicStart, topicEnd, packetId, payload),
    )

    const bag = this.#telemetry.bagOf(buffer, topicStart, topicEnd)
    if (bag === undefined) {
      const topic = buffer.subarray(topicStart, topicEnd)
      if (!isUtf8(topic)) throw new MalformedPacket('topic is not UTF-8')
      return this.#request(topic.toString(), payload, packetId)
    }
    const { maxTelemetryBytes } = this.hub.settings
    if (payload.length > maxTelemetryBytes) {
      this.#port.refuse(tooLarge('a payload', payload.length, maxTelemetryBytes))
      return undefined
    }
    const message = telemetryMessage(payload, bag, (header & RETAIN) !== 0)
    const order = FAULT_ORDER in bag.properties ? readInjectedFault(bag.properties) : undefined
    // Sent again after the cut, the order is a message like any other; else it would cut for ever.
    const silent = order !== undefined && (header & DUP) === 0 && this.#port.inject(order)
    return this.#store(message, silent ? 0 : packetId)
  }

  /** Stores, then acknowledges; telemetry is never answered with an error, the link is closed (WIRE-D2C-19). */
  #store(message: Message, packetId: number): undefined | Promise<undefined> {
    let outcome: undefined | Promise<undefined>
    try {
      outcome = this.hub.perform(this.caller, 'telemetry', { message })
    } catch (error) {
      this.#port.refuse(toHubError(error))
      return undefined
    }
    if (outcome !== undefined) return this.#storeLater(outcome, packetId)
    if (packetId !== 0) this.#port.puback(packetId)
    return undefined
  }

  async #storeLater(outcome: Promise<undefined>, packetId: number): Promise<undefined> {
    try {
      await outcome
      if (packetId !== 0) this.#port.puback(packetId)
    } catch (error) {
      this.#port.refuse(toHubError(error))
    }
  }

  /**
   * A SUBSCRIBE of the device.
   * @returns the packet for the broker; undefined: it was refused, and the link with it.
   * @throws MalformedPacket
   */
  subscribe(packetId: number, asked: readonly { topic: string; qos: number }[]): Buffer | undefined {
    if (packetId < 1 || asked.length === 0) throw new MalformedPacket('SUBSCRIBE without packet id or filter')
    const filters: PendingSubscribe['filters'][number][] = []
    const added = new Set<string>()
    for (const { topic, qos } of asked) {
      const filter = parseFilter(topic, this.caller.principal.identity)
      if (filter === undefined) {
        this.#port.refuse(unsupportedFilter(topic, this.key))
        return undefined
      }
      filters.push({ text: topic, filter, qos: qos === 0 ? 0 : 1 })
      if (!this.subscriptions.has(topic)) added.add(topic)
    }
    if (!this.#mayHave(this.subscriptions.size + added.size)) return undefined
    this.#pending = { packetId, filters }
    return cappedSubscribe(packetId, filters)
  }

  /** The broker has taken the SUBSCRIBE. @returns what to answer, and what may flow from now on. */
  subscribed(): { packetId: number; granted: readonly number[]; channels: readonly Channel[] } | undefined {
    if (this.#pending === undefined) return undefined
    const { packetId, filters } = this.#pending
    this.#pending = undefined
    for (const { text, filter, qos } of filters) this.subscriptions.put(text, filter, qos)
    const channels = [...new Set(filters.flatMap(({ filter }) => channelsOf(filter)))]
    return { packetId, granted: filters.map(({ qos }) => qos), channels }
  }

  /** A subscription of the stored session. */
  restored(text: string, qos: number): void {
    const filter = parseFilter(text, this.caller.principal.identity)
    if (filter !== undefined) this.subscriptions.put(text, filter, qos === 0 ? 0 : 1)
  }

  /** The device has acknowledged a delivery; an unknown packet id is ignored, as it may be a late one. */
  acknowledged(packetId: number): void {
    this.#port.out.acknowledged(packetId)
  }

  /** The link was lost without DISCONNECT (WIRE-SESS-20). */
  publishWill(): void {
    if (this.#will === undefined) return
    const { topic, payload, retain = false } = this.#will
    const bag = topic.slice(telemetryRoot(this.caller.principal.identity).length + 1)
    const message = willMessage(bag, Buffer.from(payload), retain)
    const failed = (error: unknown): void => {
      this.#port.refused(toHubError(error))
    }
    try {
      this.hub.perform(this.caller, 'telemetry', { message })?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  // ---- LinkPort and RequestPort

  send(publication: Publication): void {
    this.#port.out.publish(publication)
  }

  completed(lockToken: string): void {
    const failed = (error: unknown): void => {
      // The lock may have been lost meanwhile; the device cannot be told over MQTT.
      this.#port.refused(toHubError(error))
    }
    try {
      this.hub.perform(this.caller, 'c2dSettle', { lockToken, outcome: 'complete' })?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  close(reason: CloseReason, explanation?: Explanation): void {
    this.#port.close(reason, explanation)
  }

  refused(error: HubError): void {
    this.#port.refused(error)
  }

  answer(answer: TwinAnswer): void {
    // Subscribe first: without a subscription there is no answer (WIRE-TWIN-07).
    const granted = this.subscriptions.qosFor('answers')
    if (granted === undefined && !this.hub.settings.twinAnswersWithoutSubscription) return
    this.#port.answerTwin(answer, granted ?? 0)
  }

  #mayHave(filters: number): boolean {
    if (filters <= MOST_FILTERS) return true
    const { settings, logger } = this.hub
    if (settings.closeOnSixthSubscription) {
      this.#port.refuse(tooManyFilters(filters, MOST_FILTERS))
      return false
    }
    logger.warn(`${this.key} has ${filters} subscriptions; the service allows ${MOST_FILTERS}`)
    return true
  }

  #request(topic: string, payload: Buffer, packetId: number): undefined | Promise<undefined> {
    const request = parsePublishTopic(topic)
    if (request === undefined || request.type === 'telemetry') {
      const rule = request === undefined ? unknownTopic : foreignTopic
      this.#port.refuse(rule(topic, this.key, telemetryRoot(this.caller.principal.identity)))
      return undefined
    }
    return performRequest(this, request, payload, () => {
      if (packetId !== 0) this.#port.puback(packetId)
    })
  }
}
