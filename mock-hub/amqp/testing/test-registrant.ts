/** A device that asks for its hub over AMQP, for tests: rhea on a stream. */

import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import rhea from 'rhea'
import type { Json } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'

export interface RegistrantOptions {
  /** `{scope}/registrations/{id}`. */
  readonly address: string
  readonly registrationId: string
  /** Of SASL PLAIN; undefined: no SASL. */
  readonly token: string | undefined
  /** Of both links; null: none. */
  readonly apiVersion: string | null
}

/** Sends a registration, or the poll of an operation. @returns the answer, or the error of the refusal. */
export type Request = (operationId: string | undefined) => Promise<Json>

/** Opens the connection and both links. What refuses them, or a request, is what the next request returns. */
export function openRegistrant(
  stream: Duplex,
  { address, registrationId, token, apiVersion }: RegistrantOptions,
): Request {
  // rhea's typings omit that a connection can bring its own stream.
  const options = {
    ...(token === undefined ? {} : { username: address, password: token }),
    reconnect: false,
    connection_details: () => ({
      ...{ port: 0, host: '' },
      connect: (_port: number, _host: string, _options: object, up: () => void) => {
        process.nextTick(up)
        return stream
      },
    }),
  } as unknown as rhea.ConnectionOptions
  const connection = rhea.create_container().create_connection(options)
  const refused = refusalOf(connection)
  connection.connect()
  const properties = apiVersion === null ? {} : { 'com.microsoft:api-version': apiVersion }
  const receiver = connection.open_receiver({ source: { address }, properties })
  const sender = connection.open_sender({ target: { address }, properties })
  const attached = Promise.all([once(receiver, 'receiver_open'), once(sender, 'sendable')])
  const body = rhea.message.data_section(Buffer.from(JSON.stringify({ registrationId }))) as unknown
  const ask: Request = async (operationId) => {
    await attached
    const answer = once(receiver, 'message')
    sender.send({
      body,
      application_properties:
        operationId === undefined
          ? { 'iotdps-operation-type': 'iotdps-register' }
          : { 'iotdps-operation-type': 'iotdps-get-operationstatus', 'iotdps-operation-id': operationId },
    })
    const [{ message }] = (await answer) as [{ message: { body: { content: Buffer } } }]
    return readJson(message.body.content.toString())
  }
  return (operationId) => Promise.race([ask(operationId), refused])
}

/** The error in JSON with which the service refuses the connection, a link or a request. */
function refusalOf(connection: rhea.Connection): Promise<Json> {
  connection.on('disconnected', () => undefined)
  const events = ['connection_error', 'receiver_error', 'sender_error', 'rejected'] as const
  return Promise.race(
    events.map(async (name) => {
      const [context] = (await once(connection, name)) as [rhea.EventContext]
      const holders = [context.connection, context.receiver, context.sender, context.delivery?.remote_state]
      for (const holder of holders) {
        const error = (holder as { readonly error?: rhea.ConnectionError } | undefined)?.error
        if (error !== undefined) return readJson(error.description)
      }
      throw new Error(`${name} without an error`)
    }),
  )
}
