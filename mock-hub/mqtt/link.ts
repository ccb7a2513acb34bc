/** What the hub may do to a device over its MQTT connection: the core's deliveries become PUBLISH packets. */

import type { JsonObject } from '../base/json.ts'
import type { C2dDelivery } from '../core/contract/c2d.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { IdentityPrincipal } from '../core/contract/principal.ts'
import type { Channel, CloseReason, DeviceLink } from '../core/contract/sessions.ts'
import type { Explanation } from '../core/errors/hub-error.ts'
import type { Message } from '../core/contract/message.ts'
import { deliver, type DeliveryPoint } from './faults/delivery-faults.ts'
import type { Publication } from './outgoing-queue.ts'
import { formatPropertyBag } from './codec/property-bag.ts'
import type { Subscriptions } from './subscriptions.ts'
import { formatC2d, formatDesired, formatInput, formatMethodRequest, ownRoot } from './codec/topics.ts'

export interface LinkPort {
  readonly hub: Pick<Hub, 'faults' | 'clock'>
  /** Whom the link stands for. */
  readonly key: string
  readonly subscriptions: Subscriptions
  /** CONNACK has been written and the link is not going down. */
  readonly up: boolean
  send(publication: Publication): void
  /** The client has taken this message over: by PUBACK, or by being sent it with QoS 0. */
  completed(lockToken: string): void
  close(reason: CloseReason, explanation?: Explanation): void
}

export class MqttLink implements DeviceLink {
  readonly id: string
  readonly transport: 'mqtt' | 'mqtt-ws'
  readonly principal: IdentityPrincipal
  readonly modelId: string | undefined
  readonly #port: LinkPort

  constructor(
    id: string,
    transport: 'mqtt' | 'mqtt-ws',
    who: { readonly principal: IdentityPrincipal; readonly modelId: string | undefined },
    port: LinkPort,
  ) {
    this.id = id
    this.transport = transport
    this.principal = who.principal
    this.modelId = who.modelId
    this.#port = port
  }

  accepts(channel: Channel, name?: string): boolean {
    return this.#port.up && this.#port.subscriptions.qosFor(channel, name) !== undefined
  }

  deliverC2d({ lockToken, deliveryCount, sequenceNumber, message }: C2dDelivery): void {
    const { identity } = this.principal
    // The Go SDK fails without a $. property, so `to` is always there, in the service's spelling if it gave one (WIRE-C2D-04).
    const to = message.system.to ?? `/${ownRoot(identity)}/messages/devicebound`
    this.#send('c2d', 'c2d.delivery', {
      topic: formatC2d(identity, formatPropertyBag({ ...message, system: { ...message.system, to } })),
      payload: message.body,
      dup: deliveryCount > 1,
      key: `c2d ${sequenceNumber}`,
      onDone: () => {
        this.#port.completed(lockToken)
      },
    })
  }

  /** Method requests are QoS 0 whatever was granted (WIRE-METH-02). */
  requestMethod(requestId: string, methodName: string, payload: string | undefined): void {
    const topic = formatMethodRequest(methodName, requestId)
    this.#deliver('method.request', { topic, payload: payload ?? '', qos: 0 })
  }

  notifyDesired(patch: JsonObject, version: number): void {
    const payload = JSON.stringify({ ...patch, $version: version })
    this.#send('desired', 'twin.desired', { topic: formatDesired(version), payload })
  }

  deliverInput(inputName: string, message: Message): void {
    const topic = formatInput(this.principal.identity, inputName, formatPropertyBag(message))
    this.#send('inputs', 'input.delivery', { topic, payload: message.body })
  }

  close(reason: CloseReason, explanation?: Explanation): void {
    this.#port.close(reason, explanation)
  }

  #send(channel: Channel, point: DeliveryPoint, publication: Omit<Publication, 'qos'>): void {
    const qos = this.#port.subscriptions.qosFor(channel)
    if (this.#port.up && qos !== undefined) this.#deliver(point, { ...publication, qos })
  }

  #deliver(point: DeliveryPoint, publication: Publication): void {
    const { hub, key } = this.#port
    deliver(hub, point, key, publication, (changed) => {
      if (this.#port.up) this.#port.send(changed)
    })
  }
}
