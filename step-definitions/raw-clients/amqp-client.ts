/** An AMQP client for single messages and links: of a back end, of a device, or of a reader of events. */

import { once } from 'node:events'
import rhea, { type Connection, type EventContext, type Message, type Receiver, type Sender } from 'rhea'
import type { Waits } from './mqtt-client.ts'

export type { Message } from 'rhea'

/** A body of one data section. */
export function dataSection(body: Buffer): unknown {
  return rhea.message.data_section(body)
}

export interface AmqpAddress {
  readonly address: string
  readonly hostName: string
  readonly port: number
  readonly caPem: string | undefined
}

/** A received message and its delivery. */
export interface Received {
  readonly message: Message
  readonly delivery: NonNullable<EventContext['delivery']>
}

/** The answer of a request node such as `$cbs`. */
export interface NodeAnswer {
  readonly status: number
  readonly description: string
  readonly body: unknown
}

interface OpenReceiver {
  readonly link: Receiver
  /** What was not taken. */
  readonly queue: Received[]
}

const SELECTOR = 'apache.org:selector-filter:string'
const CREDIT = 100

export class RawAmqpClient {
  readonly #connection: Connection
  readonly #activity: Waits
  readonly #senders = new Map<string, Sender>()
  readonly #outcomes = new Map<unknown, string>()
  readonly #receivers = new Map<string, OpenReceiver>()

  private constructor(connection: Connection, activity: Waits) {
    this.#connection = connection
    this.#activity = activity
  }

  /** Connects over TLS, with SASL ANONYMOUS. @throws Error when the hub refuses the connection. */
  static async open(
    { address, hostName, port, caPem }: AmqpAddress,
    activity: Waits,
  ): Promise<RawAmqpClient> {
    const connection = rhea.create_container().create_connection({
      ...{ transport: 'tls', host: address, port, servername: hostName, hostname: hostName },
      ...{ username: 'anonymous', reconnect: false },
      ...(caPem === undefined ? {} : { ca: caPem }),
    })
    for (const event of ['disconnected', 'connection_error', 'error', 'sender_error', 'receiver_error'])
      connection.on(event, () => {
        activity.record()
      })
    connection.connect()
    await once(connection, 'connection_open')
    return new RawAmqpClient(connection, activity)
  }

  /** Puts a token on `$cbs`. @param audience `{host}/…` without a scheme. */
  putToken(audience: string, token: string): Promise<NodeAnswer> {
    const type = 'servicebus.windows.net:sastoken'
    return this.ask('$cbs', { operation: 'put-token', type, name: audience }, token)
  }

  /** Sends a request to a node and waits for the answer. */
  async ask(
    node: string,
    application: Readonly<Record<string, string>>,
    body: unknown = '',
  ): Promise<NodeAnswer> {
    const outcome = this.send(node, {
      message_id: `request to ${node}`,
      reply_to: node,
      application_properties: { ...application },
      body,
    })
    const { message } = await this.take(node)
    await outcome
    const properties = (message.application_properties ?? {}) as Readonly<Record<string, unknown>> // a map
    return {
      status: Number(properties['status-code']),
      description: String(properties['status-description']),
      body: message.body as unknown,
    }
  }

  /** Sends a message. @returns `accepted`, or the condition of the refusal, of the message or of the link. */
  async send(node: string, message: Message): Promise<string> {
    const sender = this.#sender(node)
    const ended = (): string | undefined => conditionOf(sender)
    await this.#activity.eventually(() => sender.sendable() || ended() !== undefined, `Credit for ${node}`)
    const refused = ended()
    if (refused !== undefined) return refused
    const delivery = sender.send(message)
    const outcome = (): string | undefined => this.#outcomes.get(delivery) ?? ended()
    await this.#activity.eventually(() => outcome() !== undefined, `The outcome of a message to ${node}`)
    return outcome() ?? ''
  }

  /** Takes the next message of a node. @throws Error when the hub ends the link. */
  async take(node: string): Promise<Received> {
    const receiver = this.receive(node)
    await this.#activity.eventually(
      () => receiver.queue.length > 0 || conditionOf(receiver.link) !== undefined,
      `A message from ${node}`,
    )
    const received = receiver.queue.shift()
    if (received === undefined) throw new Error(`The hub ended ${node}: ${conditionOf(receiver.link) ?? ''}`)
    return received
  }

  /** How many messages of a node were not taken. */
  left(node: string): number {
    return this.receive(node).queue.length
  }

  /** Opens a link that receives; a node has one. @param selector of Event Hubs. */
  receive(node: string, selector?: string): OpenReceiver {
    const known = this.#receivers.get(node)
    if (known !== undefined) return known
    const link = this.#connection.open_receiver({
      source: {
        address: node,
        ...(selector === undefined
          ? {}
          : { filter: { [SELECTOR]: rhea.types.wrap_described(selector, SELECTOR) } }),
      },
      ...{ autoaccept: false, autosettle: false, credit_window: CREDIT },
    })
    const receiver: OpenReceiver = { link, queue: [] }
    link.on('message', ({ message, delivery }: EventContext) => {
      if (message !== undefined && delivery !== undefined) receiver.queue.push({ message, delivery })
      this.#activity.record()
    })
    this.#record(link, ['receiver_open', 'receiver_close', 'receiver_error'])
    this.#receivers.set(node, receiver)
    return receiver
  }

  /** Waits until a link that receives is open. @returns undefined, or the condition with which the hub ended it. */
  async opened(node: string): Promise<string | undefined> {
    const { link } = this.receive(node)
    await this.#activity.eventually(
      () => link.is_open() || conditionOf(link) !== undefined,
      `A link to ${node}`,
    )
    return conditionOf(link)
  }

  /** The connection is open. */
  get isOpen(): boolean {
    return this.#connection.is_open()
  }

  /** Closes the connection without CLOSE. */
  drop(): void {
    // rhea's typings leave the socket out.
    const { socket } = this.#connection as unknown as { readonly socket?: { destroy(): void } }
    socket?.destroy()
  }

  #sender(node: string): Sender {
    const known = this.#senders.get(node)
    if (known !== undefined) return known
    const sender = this.#connection.open_sender(node)
    this.#record(sender, ['sender_open', 'sendable', 'sender_close', 'sender_error'])
    for (const outcome of ['accepted', 'rejected', 'released', 'modified'])
      sender.on(outcome, ({ delivery }: EventContext) => {
        this.#outcomes.set(delivery, conditionIn(delivery) ?? outcome)
        this.#activity.record()
      })
    this.#senders.set(node, sender)
    return sender
  }

  #record(link: Sender | Receiver, events: readonly string[]): void {
    for (const event of events)
      link.on(event, () => {
        this.#activity.record()
      })
  }
}

function conditionOf(link: Sender | Receiver): string | undefined {
  const { error } = link as { readonly error?: { readonly condition?: string } }
  return error?.condition ?? (link.is_closed() ? 'closed' : undefined)
}

function conditionIn(delivery: EventContext['delivery']): string | undefined {
  const state = delivery?.remote_state as { readonly error?: { readonly condition?: string } } | undefined // an outcome
  return state?.error?.condition
}
