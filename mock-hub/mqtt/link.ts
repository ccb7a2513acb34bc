/** What the hub may do to a device over its MQTT connection: deliveries of the core become PUBLISH packets. */

import type { JsonObject } from '../base/json.ts'
import { jsonText, keepFloats } from '../base/json-floats.ts'
import { offers } from '../core/contract/api-versions.ts'
import type { C2dDelivery } from '../core/contract/c2d.ts'
import type { Hub } from '../core/contract/hub.ts'
import { identityKey } from '../core/contract/identity.ts'
import type { Message } from '../core/contract/message.ts'
import type { Caller } from '../core/contract/operations.ts'
import type { IdentityPrincipal } from '../core/contract/principal.ts'
import type { Channel, CloseReason, DeviceLink } from '../core/contract/sessions.ts'
import { type Explanation, HubError, toHubError } from '../core/errors/hub-error.ts'
import { formatC2dBag, formatInputBag } from './codec/property-bag.ts'
import { formatC2d, formatDesired, formatInput, formatMethodRequest, ownRoot } from './codec/topics.ts'
import type { MqttTransport } from './connection-info.ts'
import { deliver, type DeliveryPoint } from './faults/delivery-faults.ts'
import type { OutgoingQueue, Publication } from './outgoing-queue.ts'
import type { Subscriptions } from './subscriptions.ts'

/** The authenticated client of an MQTT connection, as the core's operations name it. */
export interface MqttCaller extends Caller {
  readonly transport: MqttTransport
  readonly linkId: string
  /** That of the user name. */
  readonly apiVersion: string | undefined
}

/** A text of MQTT has no more bytes. */
const LONGEST_TOPIC = 65_535

export class MqttLink implements DeviceLink {
  /** `d1` or `d1/m1`. */
  readonly key: string
  readonly caller: MqttCaller
  /** CONNACK has been written, and the connection has not ended. */
  up = false
  readonly #hub: Hub
  readonly #subscriptions: Subscriptions
  readonly #out: OutgoingQueue
  readonly #close: (reason: CloseReason, explanation?: Explanation) => void

  /** @param close closes the connection. */
  constructor(
    hub: Hub,
    caller: MqttCaller,
    subscriptions: Subscriptions,
    out: OutgoingQueue,
    close: (reason: CloseReason, explanation?: Explanation) => void,
  ) {
    this.key = identityKey(caller.principal.identity)
    this.caller = caller
    this.#hub = hub
    this.#subscriptions = subscriptions
    this.#out = out
    this.#close = close
  }

  get id(): string {
    return this.caller.linkId
  }

  get transport(): MqttTransport {
    return this.caller.transport
  }

  get principal(): IdentityPrincipal {
    return this.caller.principal
  }

  get modelId(): string | undefined {
    return this.caller.modelId
  }

  accepts(channel: Channel, name?: string): boolean {
    if (!this.up || this.#subscriptions.qosFor(channel, name) === undefined) return false
    const { apiVersion } = this.caller
    if (channel === 'methods') return offers('methods', apiVersion)
    return channel !== 'desired' || offers('twins', apiVersion)
  }

  deliverC2d({ lockToken, redelivered, sequenceNumber, message }: C2dDelivery): void {
    const { identity } = this.principal
    // The Go SDK fails without a `$.` property, so `to` is always sent, as the service has spelled it (WIRE-C2D-04).
    const to = message.system.to ?? `/${ownRoot(identity)}/messages/devicebound`
    const topic = formatC2d(identity, formatC2dBag({ ...message, system: { ...message.system, to } }))
    if (!this.#fits(topic)) {
      this.#hub.c2d.settle(identity, lockToken, 'reject')
      return
    }
    this.#send('c2d', 'c2d.delivery', {
      topic,
      payload: message.body,
      dup: redelivered,
      key: `c2d ${sequenceNumber}`,
      onDone: () => {
        this.#complete(lockToken)
      },
    })
  }

  /** Method requests have QoS 0 whatever was granted (WIRE-METH-02). */
  requestMethod(requestId: string, methodName: string, payload: string | undefined): void {
    const topic = formatMethodRequest(methodName, requestId)
    this.#deliver('method.request', { topic, payload: payload ?? '', qos: 0 })
  }

  notifyDesired(patch: JsonObject, version: number): void {
    const payload = jsonText(keepFloats({ ...patch, $version: version }, patch))
    this.#send('desired', 'twin.desired', { topic: formatDesired(version), payload })
  }

  deliverInput(inputName: string, message: Message): void {
    const topic = formatInput(this.principal.identity, inputName, formatInputBag(message))
    if (this.#fits(topic)) this.#send('inputs', 'input.delivery', { topic, payload: message.body }, inputName)
  }

  close(reason: CloseReason, explanation?: Explanation): void {
    this.#close(reason, explanation)
  }

  /** Journals an error that the device cannot be told of. */
  refused(error: unknown): void {
    const { linkId, transport } = this.caller
    this.#hub.refuse(toHubError(error), { identity: this.key, linkId, transport })
  }

  /** @returns false: its properties need a topic that no packet can hold, which the journal tells. */
  #fits(topic: string): boolean {
    const bytes = Buffer.byteLength(topic)
    if (bytes <= LONGEST_TOPIC) return true
    this.refused(
      new HubError({
        kind: 'MessageTooLarge',
        rule: 'MQTT-1.5.3',
        expected: `a topic of at most ${String(LONGEST_TOPIC)} bytes; the encoded properties are part of it`,
        received: `${String(bytes)} bytes; the message is not delivered`,
      }),
    )
    return false
  }

  /** The client has taken over a message: by PUBACK, or with QoS 0 by being sent it. */
  #complete(lockToken: string): void {
    // The lock may have been lost meanwhile; MQTT has no answer that would tell the device.
    const failed = (error: unknown): void => {
      this.refused(error)
    }
    try {
      this.#hub.perform(this.caller, 'c2dSettle', { lockToken, outcome: 'complete' })?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #send(channel: Channel, point: DeliveryPoint, publication: Omit<Publication, 'qos'>, name?: string): void {
    const qos = this.#subscriptions.qosFor(channel, name)
    if (this.up && qos !== undefined) this.#deliver(point, { ...publication, qos })
  }

  #deliver(point: DeliveryPoint, publication: Publication): void {
    deliver(this.#hub, point, this.key, publication, (changed) => {
      if (this.up) this.#out.publish(changed)
    })
  }
}
