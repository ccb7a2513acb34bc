/** Devices that register at a running hub over each transport, with whatever they claim to be, for tests. */

import { once } from 'node:events'
import { request } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import rhea from 'rhea'
import { createWebSocketStream, WebSocket } from 'ws'
import { isObject, own, type Json } from '../../../base/json.ts'
import { readJson } from '../../../base/json-text.ts'
import { RawClient } from '../../../mqtt/testing/raw-client.ts'
import { POLL, REGISTER, request as ask } from '../../../mqtt/testing/test-registrants.ts'
import { SCOPE } from '../../../provisioning/testing/test-provisioning.ts'
import type { MockHub } from '../../mock-hub.ts'

/** What a device says of itself, and how it proves it. */
export interface Claim {
  readonly registrationId: string
  /** Default: that of the service. */
  readonly idScope?: string
  readonly token?: string | undefined
  /** PEM: the certificates of the chain one after the other, and the key of the first. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
  /** Null: none. Default: 2019-03-31. */
  readonly apiVersion?: string | null
}

/** How a registration ends: the status that the poll tells, or the code of a refusal. */
export type Ending =
  | { readonly status: string; readonly deviceId: string | undefined }
  /** The return code of CONNACK, or `errorCode`. */
  | { readonly refused: number; readonly message: string | undefined }

type Register = (hub: MockHub, claim: Claim) => Promise<Ending>

/** Each transport of devices. */
export const TRANSPORTS = {
  mqtt: (hub, claim) => overMqtt(claim, () => tlsTo(hub.mqttPort, hub, claim)),
  'mqtt-ws': (hub, claim) => overMqtt(claim, () => webSocketTo(hub, claim, 'mqtt')),
  https: overHttps,
  amqp: (hub, claim) => overAmqp(hub, claim, () => tlsTo(hub.amqpPort ?? 0, hub, claim)),
  'amqp-ws': (hub, claim) => overAmqp(hub, claim, () => webSocketTo(hub, claim, 'AMQPWSB10')),
} satisfies Readonly<Record<string, Register>>

export type TransportName = keyof typeof TRANSPORTS

async function tlsTo(port: number, { caPem }: MockHub, { certificate }: Claim): Promise<Duplex> {
  const socket = connect({ host: '127.0.0.1', port, ca: caPem, ...certificate })
  await once(socket, 'secureConnect')
  return socket
}

async function webSocketTo(
  { httpsPort, caPem }: MockHub,
  { certificate }: Claim,
  protocol: string,
): Promise<Duplex> {
  const url = `wss://127.0.0.1:${String(httpsPort)}/$iothub/websocket`
  const socket = new WebSocket(url, protocol, { ca: caPem, ...certificate })
  await once(socket, 'open')
  return createWebSocketStream(socket)
}

async function overMqtt(
  { registrationId, idScope = SCOPE, token, apiVersion = '2019-03-31' }: Claim,
  dial: () => Promise<Duplex>,
): Promise<Ending> {
  const stream = await dial()
  const client = new RawClient(stream)
  try {
    client.connect({
      clientId: registrationId,
      username: `${idScope}/registrations/${registrationId}/${apiVersion === null ? '' : `api-version=${apiVersion}`}`,
      ...(token === undefined ? {} : { password: Buffer.from(token) }),
    })
    const { returnCode = 0 } = await client.take('connack')
    if (returnCode !== 0) return { refused: returnCode, message: undefined }
    client.send({
      ...{ cmd: 'subscribe', messageId: 1 },
      subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }],
    })
    await client.take('suback')
    return await untilDecided(async (operationId) => {
      const topic = operationId === undefined ? `${REGISTER}1` : `${POLL}2&operationId=${operationId}`
      const { payload = '' } = await ask(client, topic)
      return readJson(payload.toString())
    })
  } finally {
    stream.destroy()
  }
}

async function overHttps(hub: MockHub, claim: Claim): Promise<Ending> {
  const { registrationId, idScope = SCOPE, token, certificate, apiVersion = '2019-03-31' } = claim
  const root = `/${idScope}/registrations/${encodeURIComponent(registrationId)}`
  const call = (method: string, path: string, body?: string): Promise<Json> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port: hub.httpsPort, ca: hub.caPem, agent: false, method },
          ...certificate,
          path: `${root}${path}${apiVersion === null ? '' : `?api-version=${apiVersion}`}`,
          headers: {
            'content-type': 'application/json',
            ...(token === undefined ? {} : { authorization: token }),
          },
        },
        (response) => {
          let text = ''
          response.on('data', (chunk: Buffer) => (text += chunk.toString()))
          response.on('end', () => {
            resolve(readJson(text))
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  return untilDecided((operationId) =>
    operationId === undefined
      ? call('PUT', '/register', JSON.stringify({ registrationId }))
      : call('GET', `/operations/${operationId}`),
  )
}

async function overAmqp(
  { hostName }: MockHub,
  { registrationId, idScope = SCOPE, token, apiVersion = '2019-03-31' }: Claim,
  dial: () => Promise<Duplex>,
): Promise<Ending> {
  const address = `${idScope}/registrations/${registrationId}`
  const stream = await dial()
  // rhea's typings omit that a connection can bring its own stream.
  const options = {
    ...(token === undefined ? {} : { username: address, password: token }),
    ...{ hostname: hostName, reconnect: false },
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
  try {
    const unless = <T>(work: Promise<T>): Promise<T | Json> => Promise.race([work, refused])
    const attached = await unless(Promise.all([once(receiver, 'receiver_open'), once(sender, 'sendable')]))
    if (!Array.isArray(attached)) return endingOf(attached)
    return await untilDecided(async (operationId) => {
      const answer = once(receiver, 'message').then(([context]: unknown[]) => contentOf(context))
      sender.send({
        application_properties:
          operationId === undefined
            ? { 'iotdps-operation-type': 'iotdps-register' }
            : {
                'iotdps-operation-type': 'iotdps-get-operationstatus',
                'iotdps-operation-id': operationId,
              },
        body: rhea.message.data_section(Buffer.from(JSON.stringify({ registrationId }))) as unknown,
      })
      return unless(answer)
    })
  } finally {
    stream.destroy()
  }
}

/** The error in JSON with which the service refuses a connection, a link or a request. */
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

function contentOf(context: unknown): Json {
  const { message } = context as { readonly message: { readonly body: { readonly content: Buffer } } }
  return readJson(message.body.content.toString())
}

/** Registers, and polls until the service has decided. @param request of an operation; undefined: the registration. */
async function untilDecided(request: (operationId: string | undefined) => Promise<Json>): Promise<Ending> {
  let operationId: string | undefined
  for (;;) {
    const body = await request(operationId)
    const ending = endingOf(body)
    if (!('status' in ending) || ending.status !== 'assigning') return ending
    operationId = textIn(body, 'operationId')
  }
}

function endingOf(body: Json): Ending {
  const refused = valueIn(body, 'errorCode')
  if (typeof refused === 'number') return { refused, message: textIn(body, 'message') }
  const status = textIn(body, 'status')
  if (status === undefined) throw new Error(`neither a status nor an error: ${JSON.stringify(body)}`)
  return { status, deviceId: textIn(valueIn(body, 'registrationState'), 'deviceId') }
}

function valueIn(body: Json | undefined, name: string): Json | undefined {
  return isObject(body) ? own(body, name) : undefined
}

function textIn(body: Json | undefined, name: string): string | undefined {
  const value = valueIn(body, name)
  return typeof value === 'string' ? value : undefined
}
