/** Devices that register at a running hub over each transport, with whatever they claim to be, for tests. */

import { once } from 'node:events'
import { request } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import { openRegistrant } from '../../../amqp/testing/test-registrant.ts'
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
  amqp: (hub, claim) => overAmqp(claim, () => tlsTo(hub.amqpPort ?? 0, hub, claim)),
  'amqp-ws': (hub, claim) => overAmqp(claim, () => webSocketTo(hub, claim, 'AMQPWSB10')),
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
  { registrationId, idScope = SCOPE, token, apiVersion = '2019-03-31' }: Claim,
  dial: () => Promise<Duplex>,
): Promise<Ending> {
  const stream = await dial()
  try {
    const address = `${idScope}/registrations/${registrationId}`
    return await untilDecided(openRegistrant(stream, { address, registrationId, token, apiVersion }))
  } finally {
    stream.destroy()
  }
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
