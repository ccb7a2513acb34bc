/** A device that asks for its hub over AMQP: SASL PLAIN with a token, or a certificate and no SASL; a receiver, a sender. */

import rhea, { type Connection, type EventContext, type Message, type Receiver, type Sender } from 'rhea'
import { dataSection, type AmqpAddress } from '../amqp-client.ts'
import { jsonOf } from '../https-client.ts'
import type { Waits } from '../mqtt-client.ts'

/** SASL PLAIN, or a TLS client certificate in PEM. */
export type RegistrantCredentials =
  | { readonly identity: string; readonly password: string }
  | { readonly cert: string; readonly key: string }

export interface AmqpAnswer {
  readonly body: unknown
  readonly retryAfter: number | undefined
  readonly correlationId: unknown
}

/** Why the service refused a connection, a link or a request. */
export interface AmqpRefusal {
  readonly condition: string
  readonly description: string
}

const REFUSED_AT = ['connection_error', 'receiver_error', 'sender_error', 'rejected'] as const

export class RegistrantAmqpClient {
  readonly #connection: Connection
  readonly #receiver: Receiver
  readonly #sender: Sender
  readonly #activity: Waits
  readonly #answers: Message[] = []
  #settled = 0
  /** The last refusal. */
  refusal: AmqpRefusal | undefined
  #isDown = false

  constructor(
    { address, hostName, port, caPem }: AmqpAddress,
    credentials: RegistrantCredentials,
    node: string,
    activity: Waits,
  ) {
    this.#activity = activity
    const login =
      'identity' in credentials
        ? { username: credentials.identity, password: credentials.password }
        : { cert: credentials.cert, key: credentials.key }
    const options = {
      ...{
        transport: 'tls',
        host: address,
        port,
        servername: hostName,
        hostname: hostName,
        reconnect: false,
      },
      ...login,
      ...(caPem === undefined ? {} : { ca: caPem }),
    } as rhea.ConnectionOptions
    const connection = rhea.create_container().create_connection(options)
    this.#connection = connection
    for (const event of REFUSED_AT)
      connection.on(event, (context: EventContext) => {
        this.#refused(event, context)
      })
    for (const event of ['disconnected', 'connection_close', 'error'])
      connection.on(event, () => {
        this.#isDown = true
        activity.record()
      })
    for (const event of ['receiver_open', 'sender_open', 'sendable'])
      connection.on(event, () => {
        activity.record()
      })
    connection.on('accepted', () => {
      this.#settled++
      activity.record()
    })
    connection.on('message', ({ message }: EventContext) => {
      if (message !== undefined) this.#answers.push(message)
      activity.record()
    })
    connection.connect()
    const properties = { 'com.microsoft:api-version': '2019-03-31' }
    this.#receiver = connection.open_receiver({ source: { address: node }, properties })
    this.#sender = connection.open_sender({ target: { address: node }, properties })
  }

  /** Waits until both links are open, or something was refused. */
  async attached(): Promise<void> {
    await this.#activity.eventually(
      () =>
        (this.#receiver.is_open() && this.#sender.sendable()) || this.refusal !== undefined || this.#isDown,
      'The links of a registration',
    )
  }

  /**
   * Sends a registration, or a poll of an operation, and waits for the outcome.
   * @param more what else the message has.
   */
  async request(operation: string | undefined, body: unknown, more: Partial<Message> = {}): Promise<void> {
    const before = this.#settled
    this.refusal = undefined
    const properties =
      operation === undefined
        ? { 'iotdps-operation-type': 'iotdps-register' }
        : { 'iotdps-operation-type': 'iotdps-get-operationstatus', 'iotdps-operation-id': operation }
    this.#sender.send({
      application_properties: properties,
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? dataSection(Buffer.from(body)) : body }),
      ...more,
    } as Message)
    await this.#activity.eventually(
      () => this.#settled > before || this.refusal !== undefined || this.#isDown,
      'The outcome of a request',
    )
  }

  /** Takes the next answer. @throws Error when the request was refused. */
  async answer(): Promise<AmqpAnswer> {
    await this.#activity.eventually(
      () => this.#answers.length > 0 || this.refusal !== undefined || this.#isDown,
      'An answer over AMQP',
    )
    const message = this.#answers.shift()
    if (message === undefined)
      throw new Error(`No answer over AMQP: ${this.refusal?.condition ?? 'the connection ended'}`)
    const application: Readonly<Record<string, unknown>> | undefined = message.application_properties
    const correlationId: unknown = message.correlation_id
    const content = (message.body as { readonly content?: Buffer } | undefined)?.content
    const retryAfter = application?.['retry-after']
    return {
      body: jsonOf(content ?? ''),
      retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
      correlationId,
    }
  }

  /** Closes the connection without CLOSE. */
  drop(): void {
    // rhea's typings leave the socket out.
    const { socket } = this.#connection as unknown as { readonly socket?: { destroy(): void } }
    socket?.destroy()
  }

  #refused(event: (typeof REFUSED_AT)[number], context: EventContext): void {
    const { connection, receiver, sender, delivery } = context
    const state = delivery?.remote_state as { readonly error?: unknown } | undefined // an outcome
    const holder = {
      connection_error: connection,
      receiver_error: receiver,
      sender_error: sender,
      rejected: state,
    }
    const error = (holder[event] as { readonly error?: unknown } | undefined)?.error as
      | { readonly condition?: string; readonly description?: string }
      | undefined
    this.refusal ??= { condition: error?.condition ?? '', description: error?.description ?? '' }
    this.#activity.record()
  }
}
