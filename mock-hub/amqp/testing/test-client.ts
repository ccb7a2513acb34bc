/** A test client of the AMQP server: rhea over a pair of streams. */

import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { Duplex, duplexPair } from 'node:stream'
import rhea from 'rhea'
import type { Hub } from '../../core/contract/hub.ts'
import type { AmqpServer } from '../server.ts'

/**
 * @param userName left out: SASL ANONYMOUS; null: no SASL.
 * @param certificates TLS client certificates in DER.
 */
export function dial(
  server: Pick<AmqpServer, 'accept'>,
  userName?: string | null,
  password?: string,
  certificates?: readonly Buffer[],
): rhea.Connection {
  const [near, far] = duplexPair()
  server.accept(far, { transport: 'amqp', peer: 'test', certificates })
  // rhea's typings omit that a connection can bring its own stream.
  const options = {
    ...(userName === null
      ? {}
      : userName === undefined
        ? { username: 'anonymous' }
        : { username: userName, password }),
    reconnect: false,
    connection_details: () => ({
      connect: (_port: number, _host: string, _options: object, up: () => void) => {
        process.nextTick(up)
        return later(near)
      },
      port: 0,
      host: '',
    }),
  } as unknown as rhea.ConnectionOptions
  const connection = rhea.create_container().create_connection(options)
  for (const name of ['disconnected', 'connection_error', 'error', 'sender_error', 'receiver_error'])
    connection.on(name, () => undefined)
  return connection.connect()
}

/** Connects with the key of a policy. */
export function dialService(server: AmqpServer, { policies }: Hub, policy = 'service'): rhea.Connection {
  const key = policies.find(({ name }) => name === policy)?.primaryKey ?? ''
  return dial(server, policy, key)
}

/** `SharedAccessSignature …`, signed with a key in base64. */
export function tokenFor(resource: string, key: string, expirySeconds: number, policy?: string): string {
  const sr = encodeURIComponent(resource)
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${String(expirySeconds)}`)
  const skn = policy === undefined ? '' : `&skn=${policy}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature.digest('base64'))}&se=${String(expirySeconds)}${skn}`
}

/** Sends a request to a node such as `$cbs` and waits for the response. */
export async function ask(
  connection: rhea.Connection,
  node: string,
  application: Record<string, string>,
  body = '',
): Promise<rhea.Message> {
  const receiver = connection.open_receiver(node)
  const sender = connection.open_sender(node)
  const answer = once(receiver, 'message') as Promise<[rhea.EventContext]>
  await once(sender, 'sendable')
  sender.send({ message_id: 'question', reply_to: node, application_properties: application, body })
  const [{ message }] = await answer
  if (message === undefined) throw new Error(`${node} has sent an event without a message`)
  return message
}

export function putToken(connection: rhea.Connection, name: string, token: string): Promise<rhea.Message> {
  const type = 'servicebus.windows.net:sastoken'
  return ask(connection, '$cbs', { operation: 'put-token', type, name }, token)
}

/** The next message. */
export async function received(
  receiver: rhea.Receiver,
): Promise<rhea.EventContext & { message: rhea.Message }> {
  const [event] = (await once(receiver, 'message')) as [rhea.EventContext & { message: rhea.Message }]
  return event
}

/** Sends a message. @returns `accepted`, or the condition of the refusal. */
export async function outcome(
  sender: rhea.Sender,
  message: rhea.Message | Buffer,
  format?: number,
): Promise<string> {
  if (!sender.sendable()) await once(sender, 'sendable')
  const accepted = once(sender, 'accepted').then(() => 'accepted')
  const rejected = once(sender, 'rejected').then(
    ([event]: { delivery: { remote_state: { error: { condition: string } } } }[]) =>
      event?.delivery.remote_state.error.condition ?? '',
  )
  sender.send(message, undefined, format)
  return Promise.race([accepted, rejected])
}

/** A body that is a data section. */
export function data(text: string): Buffer {
  return rhea.message.data_section(Buffer.from(text)) as Buffer
}

/** Delivers each chunk a tick later, as a socket does: rhea fails when an answer arrives while it writes. */
function later(stream: Duplex): Duplex {
  const deferred = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      stream.write(chunk, done)
    },
    final: (done) => {
      stream.end(done)
    },
  })
  stream.on('data', (chunk: Buffer) => {
    process.nextTick(() => deferred.push(chunk))
  })
  stream.on('end', () => {
    process.nextTick(() => deferred.push(null))
  })
  return deferred
}
