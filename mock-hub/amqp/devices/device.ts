/**
 * A device or module on a connection, which it may share with others: its links, and what the hub sends on them. Its
 * session begins with its first link and ends with its last.
 */

import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../base/json.ts'
import { jsonText, keepFloats } from '../../base/json-floats.ts'
import type { C2dDelivery } from '../../core/contract/c2d.ts'
import type { BrokenPart } from '../../core/contract/device-faults.ts'
import type { Caller } from '../../core/contract/operations.ts'
import type { IdentityPrincipal } from '../../core/contract/principal.ts'
import type { Channel, CloseReason, DeviceLink, Session } from '../../core/contract/sessions.ts'
import type { Explanation, HubError } from '../../core/errors/hub-error.ts'
import { identityKey } from '../../core/contract/identity.ts'
import type { Message } from '../../core/contract/message.ts'
import { parseAddress } from '../addresses.ts'
import type { DeviceEndpoint } from '../addresses.ts'
import { c2dMessage, inputMessage } from '../message-mapping.ts'
import { EarlyAnswers } from '../early-answers.ts'
import { deviceErrorOf, hubErrorOf } from '../refusals.ts'
import { SendQueue } from '../send-queue.ts'
import { settlementOf } from '../service-links.ts'
import type { ConnectionContext } from '../connection-context.ts'
import type { Incoming, Link, Outgoing, Refusal, SendingLink } from '../endpoint/links.ts'
import { encodeMessage } from '../codec/messages.ts'
import type { AmqpMessage } from '../codec/messages.ts'
import type { AmqpError, Outcome } from '../codec/performative-fields.ts'
import { string, symbol, uuid } from '../codec/values.ts'
import { deliver } from '../faults/delivery-faults.ts'
import type { DeliveryPoint } from '../faults/delivery-faults.ts'

/** What a device receives on one of its links. */
export type Outlet = 'c2d' | 'inputs' | 'methods' | 'twin'

export const DESIRED = '/notifications/twin/properties/desired'

/** What the first link of a device says in its properties. */
export interface Announced {
  readonly modelId: string | undefined
  readonly apiVersion: string | undefined
}

export class Device implements DeviceLink {
  readonly id: string
  readonly transport: 'amqp' | 'amqp-ws'
  readonly principal: IdentityPrincipal
  readonly modelId: string | undefined
  /** That of the first link; undefined: it named none. */
  readonly apiVersion: string | undefined
  readonly key: string
  /** The device has asked on its twin link for changes of desired properties. */
  wantsDesired = false
  readonly #context: ConnectionContext
  readonly #links = new Set<Link>()
  readonly #outlets = new Map<Outlet, SendQueue>()
  /** Ids of pending method requests, by the correlation id that the device got: the C SDK requires a UUID. */
  readonly #requests = new Map<string, string>()
  readonly #earlyAnswers = new EarlyAnswers()
  readonly #onGone: () => void
  #session: Session | undefined
  #over = false

  constructor(
    context: ConnectionContext,
    principal: IdentityPrincipal,
    { modelId, apiVersion }: Announced,
    onGone: () => void,
  ) {
    this.key = identityKey(principal.identity)
    this.id = `${context.linkId}/${this.key}`
    this.transport = context.transport
    this.principal = principal
    this.modelId = modelId
    this.apiVersion = apiVersion
    this.#context = context
    this.#onGone = onGone
  }

  get caller(): Caller {
    return {
      principal: this.principal,
      transport: this.transport,
      linkId: this.id,
      modelId: this.modelId,
    }
  }

  /** @throws HubError when the identity was deleted or disabled. */
  openSession(): void {
    this.#session = this.#context.hub.openSession(this)
  }

  /** Adds an open link. @returns to be called when the link is gone. */
  holds(link: Link): () => void {
    this.#links.add(link)
    return () => {
      this.#links.delete(link)
      if (this.#links.size === 0) this.ended()
    }
  }

  /** Opens a link on which the device receives. @param names of what comes on it. */
  openOutlets(names: readonly Outlet[], link: SendingLink, onGone: () => void): void {
    const queue = new SendQueue(link, this.#context, () => {
      for (const name of names) {
        if (this.#outlets.get(name) === queue) this.#outlets.delete(name)
        if (name === 'twin') this.wantsDesired = false
      }
      onGone()
    })
    for (const name of names) {
      this.#outlets.set(name, queue)
      if (name === 'twin') this.#earlyAnswers.sendOn(queue)
      else this.#session?.ready(name)
    }
  }

  /** Sends on an outlet; without a link there the message is lost, or waits if it is an early answer. */
  send(
    outlet: Outlet,
    point: DeliveryPoint,
    message: AmqpMessage,
    delivery: Omit<Outgoing, 'payload'> = {},
  ): void {
    deliver(this.#context.hub, point, this.key, message, (changed, again) => {
      const outgoing = { payload: encodeMessage(changed), ...(again ? {} : delivery) }
      const queue = this.#outlets.get(outlet)
      if (queue !== undefined) queue.push(outgoing)
      else if (outlet === 'twin') this.#earlyAnswers.hold(outgoing)
    })
  }

  desiredWanted(wanted: boolean): void {
    this.wantsDesired = wanted
    if (wanted) this.#session?.ready('desired')
  }

  /** The hub's id of a method request that the device answers; each can be asked for once. */
  requestOf(correlationId: string): string {
    const requestId = this.#requests.get(correlationId)
    this.#requests.delete(correlationId)
    return requestId ?? correlationId
  }

  /** Detaches all its links. The connection stays: others may share it. */
  detach(error: AmqpError): void {
    this.ended()
    for (const link of [...this.#links]) link.detach(error)
  }

  /** Ends its sessions, or detaches one of its links (docs/contract/telemetry.md#telemetry-fault-session). */
  breakPart(part: BrokenPart): void {
    const description = 'Ordered by a fault.'
    if (part === 'amqp-session') {
      const error = { condition: 'amqp:session:window-violation', description }
      for (const link of [...this.#links]) link.endSession(error)
      return
    }
    const [endpoint, type] = BROKEN_LINKS.get(part) ?? []
    for (const link of [...this.#links]) {
      const node = parseAddress(link.address ?? '')
      if (node?.type === 'device' && node.endpoint === endpoint && link.type === type)
        link.detach({ condition: 'amqp:link:detach-forced', description })
    }
  }

  /** Ends the session: the connection or the last link is gone. */
  ended(): void {
    if (this.#over) return
    this.#over = true
    this.#onGone()
    this.#session?.ended()
  }

  // ---- DeviceLink

  accepts(channel: Channel): boolean {
    if (this.#over) return false
    if (channel === 'desired') return this.wantsDesired && this.#isOpen('twin')
    return this.#isOpen(channel)
  }

  deliverC2d(delivery: C2dDelivery): void {
    const { lockToken, deliveryCount } = delivery
    const settled = (outcome: Outcome): Refusal | Promise<Refusal> => {
      // When a session ends, the core releases its locks.
      if (this.#over) return undefined
      const failed = (error: unknown): Refusal => {
        const refusal = hubErrorOf(error)
        this.refused(refusal)
        return deviceErrorOf(refusal, this.#context.hub.clock.now())
      }
      try {
        const input = { lockToken, outcome: settlementOf(outcome) }
        return this.#context.hub.perform(this.caller, 'c2dSettle', input)?.catch(failed)
      } catch (error) {
        return failed(error)
      }
    }
    const earlier = this.#context.hub.settings.deliveryCountOverAmqp ? deliveryCount - 1 : 0
    const message = c2dMessage(delivery, earlier)
    this.send('c2d', 'c2d.delivery', message, { tag: Buffer.from(lockToken, 'hex'), settled })
  }

  requestMethod(requestId: string, methodName: string, payload: string | undefined): void {
    const correlationId = randomUUID()
    this.#requests.set(correlationId, requestId)
    this.send('methods', 'method.request', {
      properties: { correlationId: uuid(correlationId) },
      application: new Map([['IoThub-methodname', string(methodName)]]),
      data: [Buffer.from(payload ?? '')],
    })
  }

  notifyDesired(patch: JsonObject, version: number): void {
    this.send('twin', 'twin.desired', {
      annotations: new Map([['resource', symbol(DESIRED)]]),
      data: [Buffer.from(jsonText(keepFloats({ ...patch, $version: version }, patch)))],
    })
  }

  deliverInput(inputName: string, message: Message): void {
    this.send('inputs', 'input.delivery', inputMessage(inputName, message))
  }

  close(reason: CloseReason, explanation?: Explanation): void {
    const condition = CONDITIONS[reason] ?? 'amqp:unauthorized-access'
    const why =
      explanation === undefined ? reason : `Expected ${explanation.expected}; given: ${explanation.received}.`
    this.detach({ condition, description: why })
  }

  /** Journals a refusal of what this device did. */
  refused(error: HubError): void {
    this.#context.refused(error, this.key)
  }

  /** Refuses a message of the device: journals the error and settles as rejected. */
  reject({ settle }: Incoming, error: unknown): void {
    const refusal = hubErrorOf(error)
    this.refused(refusal)
    settle({ type: 'rejected', error: deviceErrorOf(refusal, this.#context.hub.clock.now()) })
  }

  #isOpen(outlet: Outlet): boolean {
    return this.#outlets.get(outlet)?.link.isOpen === true
  }
}

/** By part: the endpoint, and what the hub does on the link. */
const BROKEN_LINKS: ReadonlyMap<BrokenPart, readonly [DeviceEndpoint, Link['type']]> = new Map<
  BrokenPart,
  readonly [DeviceEndpoint, Link['type']]
>([
  ['amqp-telemetry', ['events', 'receiving']],
  ['amqp-c2d', ['devicebound', 'sending']],
  ['amqp-twin-request', ['twin', 'receiving']],
  ['amqp-twin-answer', ['twin', 'sending']],
  ['amqp-method-request', ['methods', 'sending']],
  ['amqp-method-answer', ['methods', 'receiving']],
])
const CONDITIONS: Readonly<Partial<Record<CloseReason, string>>> = {
  'taken-over': 'com.microsoft:connection-closed-on-new-connection',
  'identity-deleted': 'amqp:not-found',
  'identity-disabled': 'amqp:not-found',
  'hub-stopped': 'amqp:connection:forced',
  fault: 'amqp:link:detach-forced',
}
